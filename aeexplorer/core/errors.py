"""Errors that are meant to be read by the person at the screen."""


class UserError(ValueError):
    """Something the user can mend: says what is wrong and what to do.

    Parameters
    ----------
    reason
        What is wrong, naming the thing (a setting, a file, a member, a row).
    fix
        What to do about it.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason.rstrip('. ')}. {fix.rstrip('. ')}.")
        self.reason = reason
        self.fix = fix


class UploadRejected(UserError):
    """An upload that was refused; nothing of it was stored.

    Parameters
    ----------
    file
        The file as the user named it.
    where
        The member, row or column inside the file, or an empty string.
    reason, fix
        As in `UserError`; the attribute `cause` is the reason alone, without the place.
    """

    def __init__(self, file: str, where: str, reason: str, fix: str) -> None:
        place = f"{file}, {where}" if where else file
        super().__init__(f"{place}: {reason}", fix)
        self.file = file
        self.where = where
        self.cause = reason
