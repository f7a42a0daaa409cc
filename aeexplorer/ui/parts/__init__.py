"""Small parts that several pages use: widgets, forms, images, error messages."""
