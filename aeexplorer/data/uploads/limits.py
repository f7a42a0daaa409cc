"""How much may be uploaded through the pages; whoever runs the server sets it."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import Field

from aeexplorer.core.settings import Settings, parse

VARIABLES = {"per_file_mb": "AEEXPLORER_MAX_UPLOAD_MB", "per_user_mb": "AEEXPLORER_MAX_USER_MB"}
"""The environment variable of each limit."""


class UploadLimits(Settings):
    """Largest uploads through the pages; the command line has no such limits."""

    per_file_mb: int = Field(4096, ge=1, le=1 << 16)
    """Largest single file, in MB."""
    per_user_mb: int = Field(16384, ge=1, le=1 << 20)
    """Most that one visitor (one browser session) may upload in all, in MB."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The limits that the environment names, the defaults for the others; raises `UserError` for one out of bounds."""
        return parse(cls, {name: environment[variable] for name, variable in VARIABLES.items() if environment.get(variable)})
