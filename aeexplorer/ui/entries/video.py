"""Videos: uploaded."""

from aeexplorer.ui.entries._files import upload
from aeexplorer.ui.entries.base import Entry

ENTRY = Entry("video", upload)
