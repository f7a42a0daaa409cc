"""Autoencoders: encoders, fusion, bottleneck and decoders, their settings, and presets."""
