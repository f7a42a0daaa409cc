"""Escape codes in labels and names of uploads never reach a terminal, whatever a command prints."""

from pathlib import Path

import orjson
import pytest

import aeexplorer.cli
from aeexplorer.cli import main
from aeexplorer.cli.console import echo, print_json, print_table

RED, CURSOR = "\x1b[31m", "\x9b2J"  # an escape code, and the same kind in one character of ISO 8859
EVIL = f"{RED}cat{CURSOR}"


def has_escape_codes(text: str) -> bool:
    return any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in text)


def test_no_command_shows_escape_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "workspace"))
    rows = "".join(f"{i % 5},{i * i % 7},{EVIL if i % 2 else 'dog'}\n" for i in range(20))
    path = tmp_path / f"evil{RED}.csv"
    path.write_text(f"a{CURSOR},b,label\n{rows}")
    name = f"set {EVIL}"
    for arguments in (
        ["data", "add", str(path), "--name", name],
        ["data", "add", str(path), "--set", f"label_column={EVIL}"],
        ["data", "list"],
        ["data", "list", "--json"],
        ["data", "show", "evil"],
        ["data", "show", EVIL],
        ["runs", "list"],
        ["doctor"],
    ):
        main(arguments)
        out, err = capfd.readouterr()
        assert not has_escape_codes(out + err), arguments
    main(["data", "list", "--json"])
    (dataset,) = orjson.loads(capfd.readouterr().out)
    main(["data", "show", dataset["id"]])
    out, err = capfd.readouterr()
    assert not has_escape_codes(out + err)
    assert r"\x1b[31mcat" in out
    main(["data", "show", dataset["id"], "--json"])
    shown = capfd.readouterr().out
    assert not has_escape_codes(shown)
    assert EVIL in orjson.loads(shown)["labels"]


def test_lines_tables_and_json_escape_control_characters(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    echo(f"one {EVIL}\ntwo")
    print_table([EVIL], [[EVIL]], title=EVIL)
    print_json({EVIL: EVIL})
    out = capfdbinary.readouterr().out.decode()
    assert not has_escape_codes(out)
    assert orjson.loads(out.splitlines()[-1]) == {EVIL: EVIL}
    assert out.startswith(f"one {EVIL.encode('unicode_escape').decode()}\ntwo\n")


def test_commands_print_by_the_functions_that_escape() -> None:
    folder = Path(aeexplorer.cli.__file__).parent
    for path in folder.glob("*.py"):
        if path.name not in ("console.py", "__init__.py"):
            text = path.read_text()
            assert "typer.echo(" not in text, path.name
            assert " print(" not in text, path.name
