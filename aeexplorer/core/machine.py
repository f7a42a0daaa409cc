"""Description of this machine: package versions, accelerators, browser."""

import importlib.metadata
import platform
import shutil

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
"""Executables of the browsers that the browser tests can use."""
_PACKAGES = ("aeexplorer", "streamlit", "plotly", "torch", "torchvision", "umap-learn", "numpy")


def describe_machine() -> dict[str, str]:
    """Return package versions, the CUDA device and the browser of this machine, by name."""
    import torch

    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return {**versions, "CUDA": cuda, "Chromium": chromium or "none; only the browser tests need one"}
