"""Text files with a separator between the cells: their encoding and line ends, and how they are laid out."""
