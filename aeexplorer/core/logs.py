"""Logging: one logger for each package below ``aeexplorer``, and one handler that writes to standard error."""

import logging
import os
import secrets
from typing import Any, Literal, get_args

from aeexplorer.core.errors import UserError

Level = Literal["debug", "info", "warning", "error"]
VARIABLE = "AEEXPLORER_LOG_LEVEL"
"""Environment variable with the level; child processes inherit it."""
_ROOT = "aeexplorer"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def package_logger(module: str) -> logging.Logger:
    """Return the logger of a module's package: ``aeexplorer.jobs`` for ``aeexplorer.jobs.pool``."""
    return logging.getLogger(".".join(module.split(".")[:2]))


def configure_logging(default: Level) -> None:
    """Write log lines to standard error, from the level in ``AEEXPLORER_LOG_LEVEL`` on, else from `default` on.

    Raises
    ------
    UserError
        If the variable names no level.
    """
    level = os.environ.get(VARIABLE, "").lower() or default
    if level not in get_args(Level):
        raise UserError(f"there is no log level {level!r}", f"Choose one of {', '.join(get_args(Level))}")
    logger = logging.getLogger(_ROOT)
    logger.setLevel(level.upper())
    if not any(isinstance(handler.formatter, PrintableFormatter) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(PrintableFormatter(_FORMAT))
        logger.addHandler(handler)
        logger.propagate = False


def log_error(logger: logging.Logger, activity: str, error: BaseException) -> str:
    """Log an unexpected error with its traceback and a new id, and return the id, which the person may tell an operator.

    Parameters
    ----------
    logger
        The logger of the package where the error was caught.
    activity
        What went wrong, such as ``a page`` or the path of a request.
    error
        The error.
    """
    error_id = secrets.token_hex(4)
    logger.error("error %s in %s: %s", error_id, activity, str(error) or type(error).__name__, exc_info=error)
    return error_id


class PrintableFormatter(logging.Formatter):
    """A formatter that escapes control characters: names in uploads must not move the terminal's cursor or forge a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Format the line of a record; what is not printable is written as in Python's ``repr``."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """Format a traceback, whose last lines may quote such names; only its line breaks stay as they are."""
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


def printable(line: str) -> str:
    """Return a line with what is not printable, such as the escape codes of terminals, written as in Python's ``repr``."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
