"""The latent space: its dimensions, directions and paths."""
