from pathlib import Path

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads import zips
from aeexplorer.data.uploads.members import Member, open_upload
from tests.data.making import pictures, zipped


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "z").write_bytes(zipped(pictures(6)))
    monkeypatch.setattr(zips, "MAX_MEMBERS", 5)
    with pytest.raises(UploadRejected, match=r"z\.zip: it has 6 members, more than 5"), open_upload([("z.zip", tmp_path / "z")]):
        pass


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.PNG", ".png"), ("b/c.tar.gz", ".gz"), ("b.x/c", ""), (".hidden", ""), ("b/.hidden.txt", ".txt"), ("plain", "")],
)
def test_suffixes_are_lower_case(name: str, suffix: str) -> None:
    assert Member("up.zip", name, 0, lambda: open(name, "rb")).suffix == suffix  # noqa: PTH123, SIM115


def test_hidden_members_are_left_out_and_counted(tmp_path: Path) -> None:
    names = ["a.png", ".b.png", "c/.d/e.png", "__MACOSX/f.png", "g/Thumbs.db", "g/h..png", "./i.png"]
    (tmp_path / "z").write_bytes(zipped(dict.fromkeys(names, b"x")))
    with open_upload([("z.zip", tmp_path / "z"), (".j.png", tmp_path / "z")]) as upload:
        assert [member.name for member in upload.members] == ["a.png", "g/h..png", "./i.png"]
        assert upload.hidden == 5
