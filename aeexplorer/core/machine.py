"""What this machine offers: versions, accelerators, a browser."""

import importlib.metadata
import platform
import shutil

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
"""Names of browsers that the browser tests can use."""
_PACKAGES = ("aeexplorer", "streamlit", "plotly", "torch", "torchvision", "umap-learn", "numpy")


def describe_machine() -> dict[str, str]:
    """Versions, accelerators, browser."""
    import torch

    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return {**found, "CUDA": cuda, "Chromium": chromium or "none; only the browser tests need one"}
