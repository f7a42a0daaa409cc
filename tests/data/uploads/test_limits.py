import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.data.uploads.limits import UploadLimits


def test_the_environment_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UploadLimits.from_environment() == UploadLimits()
    monkeypatch.setenv("AEEXPLORER_MAX_UPLOAD_MB", "12")
    monkeypatch.setenv("AEEXPLORER_MAX_USER_MB", "")
    assert UploadLimits.from_environment() == UploadLimits(per_file_mb=12)
    monkeypatch.setenv("AEEXPLORER_MAX_USER_MB", "lots")
    with pytest.raises(UserError, match=r"per_user_mb is 'lots'"):
        UploadLimits.from_environment()
