"""Errors that nobody caught are logged with an id and shown as a sentence with that id, without a traceback."""

import errno
import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from aeexplorer.core.errors import UserError
from aeexplorer.ui.shell.errors import ErrorResponses, explain, show_error, silence_streamlit
from tests.routes.test_preload import answered


def _page() -> None:
    import streamlit as st

    from aeexplorer.ui.shell.errors import show_error

    try:
        {}["Reconstructions"]
    except KeyError as error:
        st.text(f"{show_error(error)}")


def test_a_page_shows_a_sentence_with_the_id_of_the_log_and_a_reload(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "aeexplorer.ui"):
        at = AppTest.from_function(_page).run()
    (record,) = [record for record in caplog.records if record.name == "aeexplorer.ui"]
    error_id = record.getMessage().split()[1]
    assert len(error_id) == 8
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError
    assert at.error[0].value == f"Something went wrong on this page. The log of the server explains it under error {error_id}."
    assert at.text[0].value == "True"  # Streamlit draws no box of its own
    assert not at.exception
    assert 'href=""' in at.get("html")[0].proto.body


def test_what_the_user_can_fix_is_told_without_an_id(caplog: pytest.LogCaptureFixture) -> None:
    def page() -> None:
        from aeexplorer.core.errors import UserError
        from aeexplorer.ui.shell.errors import show_error

        show_error(UserError("the run is gone", "Choose another"))

    at = AppTest.from_function(page).run()
    assert at.error[0].value == "the run is gone. Choose another."
    assert not [record for record in caplog.records if record.name == "aeexplorer.ui"]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of the server is full."),
        (OSError(errno.EMFILE, "Too many open files"), "The server has too many files open."),
        (MemoryError(), "The memory of the server is used up."),
        (OSError("odd"), "Something went wrong with this request."),
    ],
)
def test_common_causes_are_named(error: Exception, cause: str) -> None:
    assert explain(error, "with this request", "0123abcd") == f"{cause} The log of the server explains it under error 0123abcd."


def test_a_failed_request_is_answered_with_the_id(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(request: Request) -> Response:
        raise ValueError("/secret/path \x1b[31m")

    with caplog.at_level(logging.ERROR, "aeexplorer.ui"):
        headers, body = answered(Starlette(routes=[Route("/", fail)], middleware=[Middleware(ErrorResponses)]))
    error_id = caplog.records[-1].getMessage().split()[1]
    assert headers["content-type"] == "application/json"
    assert f'"id":"{error_id}"'.encode() in body
    assert b"secret" not in body
    assert b"Traceback" not in body


def test_half_an_answer_is_not_taken_for_a_whole_one() -> None:
    async def fail(request: Request) -> Response:
        async def content() -> Any:
            yield b"half"
            raise ValueError("broken")

        return StreamingResponse(content())

    with pytest.raises((ValueError, ExceptionGroup)):
        answered(Starlette(routes=[Route("/", fail)], middleware=[Middleware(ErrorResponses)]))


def test_streamlit_logs_no_second_traceback(caplog: pytest.LogCaptureFixture) -> None:
    silence_streamlit()
    logger = logging.getLogger("streamlit.error_util")
    before = list(logger.filters)
    try:
        record = logger.makeRecord(logger.name, logging.ERROR, "", 0, "Uncaught app execution", (), None)
        other = logger.makeRecord(logger.name, logging.ERROR, "", 0, "Failed to display", (), None)
        assert not logger.filter(record)
        assert logger.filter(other)
    finally:
        logger.filters[:] = [kept for kept in before if kept is not before[-1]]


def test_streamlit_calls_the_handler_of_the_app() -> None:
    import streamlit.error_util as internals

    seen: list[Exception] = []

    def handler(error: Exception) -> bool:
        seen.append(error)
        return show_error(error) if isinstance(error, UserError) else True

    assert internals.invoke_script_error_handler(KeyError("x"), handler) is True
    assert isinstance(seen[0], KeyError)
    assert internals.invoke_script_error_handler(KeyError("x"), None) is False
