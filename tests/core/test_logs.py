import io
import logging
from collections.abc import Iterator

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import VARIABLE, PrintableFormatter, configure_logging, package_logger


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The package's logger, as it was afterwards."""
    logger = logging.getLogger("aeexplorer")
    level, handlers, propagate = logger.level, list(logger.handlers), logger.propagate
    yield logger
    logger.setLevel(level)
    logger.handlers[:], logger.propagate = handlers, propagate


def test_modules_of_a_package_share_its_logger() -> None:
    assert package_logger("aeexplorer.jobs.pool") is package_logger("aeexplorer.jobs.supervisor")
    assert package_logger("aeexplorer.jobs.pool").name == "aeexplorer.jobs"


def test_the_environment_overrules_the_default_level(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    configure_logging("warning")
    assert root.level == logging.WARNING
    monkeypatch.setenv(VARIABLE, "debug")
    configure_logging("warning")
    assert root.level == logging.DEBUG
    assert len([handler for handler in root.handlers if isinstance(handler.formatter, PrintableFormatter)]) == 1
    monkeypatch.setenv(VARIABLE, "loud")
    with pytest.raises(UserError, match="no log level 'loud'"):
        configure_logging("warning")


def test_control_characters_of_a_name_reach_no_terminal() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrintableFormatter("%(message)s"))
    record = logging.LogRecord("aeexplorer.data", logging.WARNING, "", 0, "refused %s", ("\x1b[2Jevil\nINFO forged é.png",), None)
    handler.emit(record)
    assert stream.getvalue() == "refused \\x1b[2Jevil\\nINFO forged é.png\n"
