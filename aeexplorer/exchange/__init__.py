"""Runs as files that other programs read: ONNX pairs, PyTorch scripts; and weights that come from elsewhere."""
