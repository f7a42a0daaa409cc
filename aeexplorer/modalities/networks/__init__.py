"""Encoders and decoders, one kind per file. Modalities choose which ones fit, and how their samples are fed to them."""
