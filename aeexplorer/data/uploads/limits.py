"""Limits of uploads through the pages, set by the administrator of the server."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import Field

from aeexplorer.core.settings import Settings, parse

VARIABLES = {"per_file_mb": "AEEXPLORER_MAX_UPLOAD_MB", "per_user_mb": "AEEXPLORER_MAX_USER_MB"}
"""Environment variable of each limit."""


class UploadLimits(Settings):
    """Limits of uploads through the pages. The command line has no such limits."""

    per_file_mb: int = Field(4096, ge=1, le=1 << 16)
    """Largest size of a file, in MB."""
    per_user_mb: int = Field(16384, ge=1, le=1 << 20)
    """Largest total size of the uploads in one browser session, in MB."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the limits from environment variables; others have their defaults. Raises `UserError` if a limit is invalid."""
        return parse(cls, {name: environment[variable] for name, variable in VARIABLES.items() if environment.get(variable)})
