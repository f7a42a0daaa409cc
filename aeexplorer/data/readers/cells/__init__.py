"""What the texts in the cells of a table mean: missing values, numbers with marks and units, and dates."""
