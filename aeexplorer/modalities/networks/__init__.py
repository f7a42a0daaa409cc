"""Encoders and decoders, one kind a file. Modalities say which fit, and how their samples are read."""
