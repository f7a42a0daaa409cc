"""What a file format is. One module of this folder a format; each offers one concrete subclass of `Format`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging


class Format(ABC):
    """Reads members of one kind into fields. Runs in the confined child only; keeps no state."""

    name: str
    """Short and unique."""
    reads: str
    """The files it takes, for people, in the plural."""
    gives_way: bool = False
    """Whether others that read all of an upload go first."""

    one_each: bool = False
    """Whether each file may be one sample: such files can be paired, see `aeexplorer.data.formats.pairs`."""

    def takes(self, members: Sequence[Member]) -> bool:
        """Whether these files, of several kinds, make sense to this format together; asked before any other is tried."""
        return False

    @abstractmethod
    def claims(self, member: Member) -> bool:
        """Whether this is a file that the format turns into samples; looks at the content first."""

    def accompanies(self, member: Member) -> bool:
        """Whether this file may lie beside those that are claimed (a manifest, notes)."""
        return False

    @abstractmethod
    def inspect(self, members: Sequence[Member]) -> Guess:
        """What the members look like, without reading everything; raises `UploadRejected`."""

    def inspect_as(self, members: Sequence[Member], options: IngestOptions) -> Guess:
        """As `inspect`, for options that change what there is to choose, such as the sheet of a workbook."""
        return self.inspect(members)

    @abstractmethod
    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        """Write every sample into `staging`; raises `UploadRejected`."""
