"""The encoding of texts that are not UTF-8, guessed from how plausible their words are."""

from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.plausibility import plausibility

_PAGES = ("cp1251", "cp1250", "cp1253", "cp932", "gbk", "big5", "cp949")
_TITLES = {
    "cp1251": "Cyrillic",
    "cp1250": "Central European",
    "cp1253": "Greek",
    "cp932": "Shift-JIS, Japanese",
    "gbk": "Chinese",
    "big5": "traditional Chinese",
    "cp949": "Korean",
}
_BLOCK_BYTES = 4 << 20
_MAX_BYTES = 1 << 14  # of lines that the guess is based on
_MIN_SCORE = 0.6
_MIN_LEAD = 0.2
"""By how much another code page must look better than Windows-1252, the usual one."""
_MAX_DAMAGED = 0.05  # of the characters beyond ASCII in UTF-8


def guess_legacy_encoding(member: Member) -> tuple[str, str]:
    """Return the likely encoding of a text file that is no proper UTF-8, and a note for the user."""
    content = _lines_beyond_ascii(member)
    text = content.decode("utf-8", "replace")
    n_damaged, n_others = text.count("\ufffd"), sum(not c.isascii() for c in text)
    if n_damaged <= _MAX_DAMAGED * n_others:
        return "utf-8-sig", "the text is UTF-8, but some of its characters are damaged and were read as �"
    usual = plausibility(content, "cp1252")
    score, page = max((plausibility(content, page), page) for page in _PAGES)
    if score >= _MIN_SCORE and score >= usual + _MIN_LEAD:
        title = _TITLES[page]
        return page, f"the text is not UTF-8; it was read as {page} ({title}), which fits best; save it as UTF-8 if this is wrong"
    return "cp1252", "the text is not UTF-8; it was read as Windows-1252 (Latin-1)"


def _lines_beyond_ascii(member: Member) -> bytes:
    """Return the first distinct lines with characters beyond ASCII."""
    lines: dict[bytes, None] = {}
    size, rest = 0, b""
    with member.open() as source:
        while size < _MAX_BYTES and (block := source.read(_BLOCK_BYTES)):
            *whole, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
            for line in whole:
                if not line.isascii() and line not in lines and size < _MAX_BYTES:
                    lines[line] = None
                    size += len(line)
            rest = rest if len(rest) < _BLOCK_BYTES else b""
    if not rest.isascii() and size < _MAX_BYTES:
        lines[rest] = None
    return b"\n".join(lines)
