"""Errors whose messages are shown to the user."""


class UserError(ValueError):
    """An error that the user can fix. The message says what is wrong and what to do.

    Parameters
    ----------
    reason
        What is wrong; names the setting, file, zip member or row.
    fix
        What the user can do about it.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason.rstrip('. ')}. {fix.rstrip('. ')}.")
        self.reason = reason
        self.fix = fix


class UploadRejected(UserError):
    """An upload was rejected. Nothing of it has been stored.

    Parameters
    ----------
    file
        Name of the file, as the user gave it.
    where
        The zip member, row or column inside the file; an empty string for the whole file.
    reason, fix
        As in `UserError`. The attribute `cause` holds the reason without the location; `reason` includes it.
    """

    def __init__(self, file: str, where: str, reason: str, fix: str) -> None:
        location = f"{file}, {where}" if where else file
        super().__init__(f"{location}: {reason}", fix)
        self.file = file
        self.where = where
        self.cause = reason
