"""Errors whose messages are shown to the user."""

MAX_REASON_LENGTH = 300
"""Characters of another library's message that are shown at most."""


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


class Damaged(UserError):
    """Files of a run, dataset or search cannot be used. The rest of the workspace can."""


def reason_of(error: Exception) -> str:
    """Return the reason of an error in one line; of a validation error, the first invalid part and what is wrong with it."""
    if callable(errors := getattr(error, "errors", None)):  # pydantic's, which is not imported here as it loads slowly
        first = errors()[0]
        text = f"{'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    elif isinstance(error, UserError):
        text = error.reason
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror.lower()
    else:
        text = str(error) or type(error).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_REASON_LENGTH].rstrip(".")


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
