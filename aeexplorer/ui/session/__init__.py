"""What a browser session holds: page state, selection, open objects."""
