"""Pictures as images and files: grids, strips, cards, animations."""
