"""User samples: samples that a person drew, wrote, recorded or uploaded. They exist only in the session and are never stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aeexplorer.analysis.samples.user_samples import UserSample
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.ui.session import state

MAX_SAMPLES = 30
"""Largest number of user samples of a dataset. A further sample replaces the oldest one."""
_MAX_UNDO = 20
"""Number of removals that can be undone."""


@dataclass(frozen=True, eq=False)
class UserSampleEntry:
    """A user sample with its number and title on the page.

    Parameters
    ----------
    number
        Number of the sample on the map.
    title
        Title of the sample, such as ``drawing`` or a file name.
    origin
        Identifies the input widget. The next sample from the same widget replaces this sample.
    user_sample
        The sample.
    source
        What the sample was made from. Widgets with options use it to make the sample again with other options.
    """

    number: int
    title: str
    origin: str
    user_sample: UserSample
    source: Any = None


@dataclass(frozen=True, eq=False)
class UserSampleList:
    """The user samples of one dataset.

    Parameters
    ----------
    entries
        The user samples, in the order in which they were added.
    shown_number
        Number of the user sample that the panel shows; 0 if it shows none.
    sheet
        Number of samples started by hand so far. Each starts with an empty canvas or form.
    refused
        Reason why the last sample was refused; empty if it was not refused.
    """

    entries: tuple[UserSampleEntry, ...] = ()
    shown_number: int = 0
    sheet: int = 0
    refused: str = ""

    def find(self, number: int) -> UserSampleEntry | None:
        """Return the user sample with this number, or None."""
        return next((entry for entry in self.entries if entry.number == number), None)


class UserSamples:
    """The user samples of a dataset in this session. Callbacks of widgets call the methods.

    Parameters
    ----------
    dataset
        Dataset whose fields the samples have.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._key, self._undo_key = f"yours.{dataset.id}", f"yours.{dataset.id}.removed"

    @property
    def list(self) -> UserSampleList:
        """The current user samples."""
        samples: UserSampleList = state.get(self._key, UserSampleList())
        return samples

    @property
    def has_removed(self) -> bool:
        """Whether there are removed user samples to restore."""
        return bool(state.get(self._undo_key, ()))

    def key(self, *parts: object) -> str:
        """Return the session key of a widget for user samples of this dataset."""
        return ".".join(["yours", self.dataset.id, *map(str, parts)])

    def add(self, field: str, sample: np.ndarray | None, origin: str, title: str, source: Any = None) -> None:
        """Add a sample of a field, or replace the sample of the same origin. None removes the field.

        If the dataset has several fields, the samples of its fields form one user sample, until `start_new` is called.
        """
        current = self.list
        several = len(self.dataset.fields) > 1
        origin = f"{current.sheet}" if several else f"{current.sheet}.{origin}"
        before = next((entry for entry in current.entries if entry.origin == origin), None)
        samples = {} if before is None else dict(before.user_sample.samples)
        samples.pop(field, None)
        if sample is not None:
            samples[field] = sample
        if not samples:
            if before is not None:
                self._store(replace(current, entries=_without(current.entries, before.number), refused=""))
            return
        ordered = {name: samples[name] for name in self.dataset.fields if name in samples}
        entry = UserSampleEntry(
            number=before.number if before else self._next_number(),
            title=" + ".join(ordered) if several else title,
            origin=origin,
            user_sample=UserSample(ordered),
            source=before.source if before is not None and source is None else source,
        )
        entries = tuple(entry if e is before else e for e in current.entries) if before else (*current.entries, entry)
        self._store(replace(current, entries=entries[-MAX_SAMPLES:], shown_number=entry.number, refused=""))

    def replace_field(self, number: int, field: str, sample: np.ndarray) -> None:
        """Replace one field of the user sample with this number."""
        entries = list(self.list.entries)
        for i, entry in enumerate(entries):
            if entry.number == number:
                entries[i] = replace(entry, user_sample=UserSample({**entry.user_sample.samples, field: sample}))
        self._store(replace(self.list, entries=tuple(entries)))

    def catch_refusal(self, act: Callable[[], None]) -> None:
        """Call a function. The message of a `UserError` is stored in the list's `refused`, and the page shows it."""
        try:
            act()
        except UserError as error:
            self._store(replace(self.list, refused=str(error)))

    def show(self, number: int) -> None:
        """Show the user sample with this number; 0 shows none."""
        self._store(replace(self.list, shown_number=number))

    def remove(self, number: int) -> None:
        """Remove the user sample with this number and start with an empty canvas or form."""
        self._remove([entry for entry in self.list.entries if entry.number == number])

    def clear(self) -> None:
        """Remove all user samples."""
        self._remove(self.list.entries)

    def start_new(self) -> None:
        """Start another user sample by hand. The existing ones stay."""
        self._store(replace(self.list, sheet=self.list.sheet + 1, refused=""))

    def restore(self) -> None:
        """Restore the user samples that were removed last."""
        *earlier, removed = state.get(self._undo_key, ((),))
        current = self.list
        numbers = {entry.number for entry in current.entries}
        entries = [*current.entries, *(entry for entry in removed if entry.number not in numbers)]
        state.put({self._undo_key: tuple(earlier)})
        number = removed[-1].number if removed else current.shown_number
        self._store(replace(current, entries=tuple(sorted(entries, key=lambda entry: entry.number)), shown_number=number))

    def _next_number(self) -> int:
        removed = [entry for entries in state.get(self._undo_key, ()) for entry in entries]
        return 1 + max((entry.number for entry in (*self.list.entries, *removed)), default=0)

    def _remove(self, removed: Sequence[UserSampleEntry]) -> None:
        remaining = tuple(entry for entry in self.list.entries if entry not in removed)
        state.put({self._undo_key: (*state.get(self._undo_key, ()), tuple(removed))[-_MAX_UNDO:]})
        self._store(UserSampleList(remaining, remaining[-1].number if remaining else 0, self.list.sheet + 1))

    def _store(self, samples: UserSampleList) -> None:
        state.put({self._key: samples})


def _without(entries: Sequence[UserSampleEntry], number: int) -> tuple[UserSampleEntry, ...]:
    return tuple(entry for entry in entries if entry.number != number)
