"""Texts that are binary, blank, endless or invalid, and lines that are not JSON objects."""

from collections.abc import Callable

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.texts import decode_text
from tests.data.hostile import Case, converted, refused

GOOD_LINES = "\n".join(f"the {who} ran {i} miles" for i in range(9) for who in ("fox", "dog"))
GOOD = {
    "text": {"good.txt": GOOD_LINES.encode()},
    "jsonl": {"good.jsonl": "\n".join(f'{{"text": "{line}", "label": "a"}}' for line in GOOD_LINES.splitlines()).encode()},
}


def ends_with(text: str, note: str) -> Callable[[Dataset], None]:
    """Return a check of the text of the last sample, and of the note on its change."""

    def check(dataset: Dataset) -> None:
        field = dataset.main_field
        assert decode_text(field.array[-1], field.meta["tokens"]) == text
        assert any(note in sentence for sentence in dataset.notes)

    return check


def with_line(line: bytes) -> bytes:
    return f"{GOOD_LINES}\n".encode() + line + b"\n"


CASES: dict[str, Case] = {
    "NUL in a text": refused("t.txt", lambda: with_line(b"the \0 fox"), "line 19", "NUL bytes", "plain text"),
    "binary text": refused("t.txt", lambda: bytes(range(1, 256)) * 40, "", "control characters", "plain text"),
    "blank text": refused("t.txt", lambda: b"\n  \n\t\n", "", "contains no text"),
    "endless line": refused("t.txt", lambda: b"a" * (50 << 20), "line 1", "longer than", "Break it"),
    "endless line in the middle": refused("t.txt", lambda: with_line(b"a " * (1 << 20)), "line 19", "longer than", "Break it"),
    "same texts": refused("t.txt", lambda: b"the same words\n" * 20, "", "identical"),
    "two texts": refused("t.txt", lambda: b"one two three\nfour five six\n", "", "too few"),
    "lone surrogate": converted(
        "t.txt", lambda: with_line(b"the fox \xed\xa0\x80 ran"), ends_with("the fox \ufffd ran", "surrogate")
    ),
    "bidi controls": converted(
        "t.txt", lambda: with_line("the \u202efox\u2066 ran".encode()), ends_with("the fox ran", "direction")
    ),
    "broken JSON": refused("t.jsonl", lambda: b'{"text": "a b c"}\n{"text": \n', "line 2", "not readable JSON", "one object"),
    "surrogate in JSON": refused("t.jsonl", lambda: b'{"text": "a b c"}\n{"text": "\\ud800"}\n', "line 2", "not readable JSON"),
    "no object": refused("t.jsonl", lambda: b'{"text": "a b c"}\n[1, 2]\n', "line 2", "not a JSON object"),
    "deep JSON": refused("t.jsonl", lambda: b'{"a":' * 100_000, "line 1", "not readable JSON"),
    "only lists": refused("t.jsonl", lambda: b'{"a": [1]}\n' * 9, "", "plain values"),
    "many keys": refused(
        "t.jsonl", lambda: b"{" + b",".join(b'"k%d":1' % i for i in range(9000)) + b"}\n", "", "more than 5,000 keys"
    ),
}
