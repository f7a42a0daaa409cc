"""Maps, and overlays on them."""
