"""Where samples lie on a map, and how far to believe it."""
