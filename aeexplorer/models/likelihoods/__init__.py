"""Likelihoods, one file each: what the decoder's output means, and the loss that follows from it."""
