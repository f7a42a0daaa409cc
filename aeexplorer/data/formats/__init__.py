"""File formats of uploads, one public module per format. Each converts members to fields."""
