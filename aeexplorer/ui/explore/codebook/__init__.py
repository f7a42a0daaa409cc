"""The views of the panel Codebook, one module each."""
