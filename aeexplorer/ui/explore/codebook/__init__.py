"""The sides of the panel Codebook, one file each."""
