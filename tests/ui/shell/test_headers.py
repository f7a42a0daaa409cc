"""Every answer says what a page may load and who may frame it."""

import base64
import hashlib
from pathlib import Path

import streamlit
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from aeexplorer.ui.shell.headers import SecurityHeaders
from aeexplorer.ui.shell.preload import Preload
from tests.routes.test_preload import answered


def directives(text: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in text.split(";"))}


def test_the_page_allows_its_own_inline_scripts_by_hash_and_no_others() -> None:
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    headers, body = answered(SecurityHeaders(Preload(FileResponse(index))), asked={b"host": b"localhost:8501"})
    policy = directives(headers["content-security-policy"])
    inline = [part.partition(b">")[2].partition(b"</script>")[0] for part in body.split(b"<script")[1:]]
    expected = {base64.b64encode(hashlib.sha256(script).digest()).decode() for script in inline if script}
    assert len(expected) == 2  # Streamlit's and ours
    assert {value[8:-1] for value in policy["script-src"] if value.startswith("'sha256-")} == expected
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & set(policy["script-src"])
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", "blob:", "ws://localhost:8501", "wss://localhost:8501"]


def test_every_answer_has_the_headers() -> None:
    for response in (Response(b"x", media_type="text/plain"), JSONResponse({}, 404), HTMLResponse("x", 500)):
        headers, _ = answered(SecurityHeaders(response))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "SAMEORIGIN"


def test_other_documents_run_no_script() -> None:
    for kind in ("text/html", "image/svg+xml"):
        download = Response(b"<script>1</script>", media_type=kind, headers={"Content-Disposition": "attachment"})
        headers, _ = answered(SecurityHeaders(download))
        policy = directives(headers["content-security-policy"])
        assert policy["default-src"] == ["'none'"]
        assert "sandbox" in policy
