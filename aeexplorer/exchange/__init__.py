"""Export runs as files for other programs (ONNX pairs, PyTorch scripts, offline pages), and import models."""
