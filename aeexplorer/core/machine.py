"""This machine: package versions, accelerators, browser, and how many files a process may open."""

import contextlib
import importlib.metadata
import platform
import resource
import shutil

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
"""Executables of the browsers that the browser tests can use."""
_ENOUGH_FILES = (65_536, 10_240)
"""Numbers of open files to ask for, one after the other. macOS grants no more than 10,240 even where the limit is infinite."""
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


def raise_file_limit() -> int:
    """Let this process and its later children open more files: raise the soft limit towards the hard one, and return it.

    Shells of macOS allow 256 files, and many of Linux 1,024. A server needs some for each browser and each opened run.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for enough in _ENOUGH_FILES:
        target = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
        if soft == resource.RLIM_INFINITY or soft >= target:
            return soft
        with contextlib.suppress(OSError, ValueError):  # the system grants fewer than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            return target
    return soft
