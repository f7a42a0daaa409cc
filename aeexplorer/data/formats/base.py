"""Base class of the file formats. Each public module of this folder defines one concrete subclass of `Format`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging


class Format(ABC):
    """Converts members of one kind to fields. Formats run in the confined child process only, and are stateless."""

    name: str
    """Short unique name."""
    reads: str
    """Files of the format, for users, in the plural."""
    is_fallback: bool = False
    """Whether other formats that claim all members are preferred."""
    one_sample_per_file: bool = False
    """Whether a file may be one sample. Such files can be one side of pairs, see `aeexplorer.data.formats.pairs`."""

    def claims_together(self, members: Sequence[Member]) -> bool:
        """Return whether the format reads exactly this combination of members. Asked before `claims` of all formats."""
        return False

    @abstractmethod
    def claims(self, member: Member) -> bool:
        """Return whether the format turns this file into samples, judged by its content first, then its name."""

    def accompanies(self, member: Member) -> bool:
        """Return whether this file may come with the claimed files (a manifest, notes)."""
        return False

    @abstractmethod
    def inspect(self, members: Sequence[Member]) -> Guess:
        """Describe the members and suggest options, without reading everything.

        Raises
        ------
        UploadRejected
            If a member cannot be read.
        """

    def inspect_as(self, members: Sequence[Member], options: IngestOptions) -> Guess:
        """Inspect members with options that change the available choices, such as the sheet of a workbook."""
        return self.inspect(members)

    @abstractmethod
    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        """Write all samples into `staging`.

        Raises
        ------
        UploadRejected
            If a member cannot be read, or the options do not fit the members.
        """
