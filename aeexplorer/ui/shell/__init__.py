"""The server and the frame around the pages."""
