"""Maps of the latent space: positions of samples, and how reliable they are."""
