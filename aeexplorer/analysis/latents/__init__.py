"""The latent space itself: its dimensions, directions and paths."""
