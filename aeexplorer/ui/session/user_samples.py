"""The guests of a visit: what a person drew, wrote or uploaded. They live in the session alone and are never stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aeexplorer.analysis.samples.user_samples import UserSample
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.ui.session import state

MOST = 30
"""Guests at most; then the oldest leaves."""
_UNDONE = 20


@dataclass(frozen=True, eq=False)
class UserSampleEntry:
    """A user sample as the page names it.

    Parameters
    ----------
    number
        On the map.
    title
        What it is.
    origin
        Where it came from: what comes from there again takes its place.
    user_sample
        Its samples.
    remade
        What it was made of, for those who make it anew.
    """

    number: int
    title: str
    origin: str
    user_sample: UserSample
    remade: Any = None


@dataclass(frozen=True, eq=False)
class UserSampleList:
    """The guests of one dataset.

    Parameters
    ----------
    entries
        In the order in which they came.
    shown
        Number of the one that is looked at; 0 is none of them.
    sheet
        Counts up with each new one that is begun by hand.
    refused
        What was wrong with the last one that did not come in.
    """

    entries: tuple[UserSampleEntry, ...] = ()
    shown: int = 0
    sheet: int = 0
    refused: str = ""

    def find(self, number: int) -> UserSampleEntry | None:
        """The one of that number."""
        return next((entry for entry in self.entries if entry.number == number), None)


class UserSamples:
    """Where guests of a dataset come in and leave; for callbacks of widgets.

    Parameters
    ----------
    dataset
        Whose fields they have.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._key, self._past = f"yours.{dataset.id}", f"yours.{dataset.id}.past"

    @property
    def visit(self) -> UserSampleList:
        """Who is there."""
        found: UserSampleList = state.get(self._key, UserSampleList())
        return found

    @property
    def has_removed(self) -> bool:
        """Whether some left."""
        return bool(state.get(self._past, ()))

    def key(self, *parts: object) -> str:
        """A key of the session for this dataset."""
        return ".".join(["yours", self.dataset.id, *map(str, parts)])

    def bring(self, field: str, sample: np.ndarray | None, origin: str, title: str, remade: Any = None) -> None:
        """A user sample comes in, or changes: what came from the same origin takes the new sample, or is gone without one.

        Where the dataset has several fields, what is given for them one after another is one user sample, until another is begun.
        """
        visit = self.visit
        several = len(self.dataset.fields) > 1
        origin = f"{visit.sheet}" if several else f"{visit.sheet}.{origin}"
        before = next((entry for entry in visit.entries if entry.origin == origin), None)
        samples = {} if before is None else dict(before.user_sample.samples)
        samples.pop(field, None)
        if sample is not None:
            samples[field] = sample
        if not samples:
            if before is not None:
                self._put(replace(visit, entries=_without(visit.entries, before.number), refused=""))
            return
        gone = [entry for left in state.get(self._past, ()) for entry in left]
        number = before.number if before else 1 + max((v.number for v in (*visit.entries, *gone)), default=0)
        called = " + ".join(name for name in self.dataset.fields if name in samples) if several else title
        kept = before.remade if before is not None and remade is None else remade
        ordered = {name: samples[name] for name in self.dataset.fields if name in samples}
        made = UserSampleEntry(number, called, origin, UserSample(ordered), kept)
        entries = tuple(made if v is before else v for v in visit.entries) if before else (*visit.entries, made)
        self._put(replace(visit, entries=entries[-MOST:], shown=number, refused=""))

    def change(self, number: int, field: str, sample: np.ndarray) -> None:
        """Another sample for a field of one that is there."""
        changed = [
            replace(v, user_sample=UserSample({**v.user_sample.samples, field: sample})) if v.number == number else v
            for v in self.visit.entries
        ]
        self._put(replace(self.visit, entries=tuple(changed)))

    def refusing(self, act: Callable[[], None]) -> None:
        """Do it; what is refused is said on the page."""
        try:
            act()
        except UserError as error:
            self._put(replace(self.visit, refused=str(error)))

    def show(self, number: int) -> None:
        """Look at another user sample, or with 0 at none."""
        self._put(replace(self.visit, shown=number))

    def remove(self, number: int) -> None:
        """One leaves; drawing goes on on an empty sheet."""
        self._leave([entry for entry in self.visit.entries if entry.number == number])

    def clear(self) -> None:
        """All leave."""
        self._leave(self.visit.entries)

    def another(self) -> None:
        """Begin another by hand; those there stay."""
        self._put(replace(self.visit, sheet=self.visit.sheet + 1, refused=""))

    def bring_back(self) -> None:
        """Those who left last are there again."""
        *past, left = state.get(self._past, ((),))
        visit = self.visit
        taken = {entry.number for entry in visit.entries}
        back = sorted([*visit.entries, *(v for v in left if v.number not in taken)], key=lambda v: v.number)
        state.put({self._past: tuple(past)})
        self._put(replace(visit, entries=tuple(back), shown=left[-1].number if left else visit.shown))

    def _leave(self, left: Sequence[UserSampleEntry]) -> None:
        visit = self.visit
        stay = tuple(entry for entry in visit.entries if entry not in left)
        state.put({self._past: (*state.get(self._past, ()), tuple(left))[-_UNDONE:]})
        self._put(UserSampleList(stay, stay[-1].number if stay else 0, visit.sheet + 1))

    def _put(self, visit: UserSampleList) -> None:
        state.put({self._key: visit})


def _without(entries: Sequence[UserSampleEntry], number: int) -> tuple[UserSampleEntry, ...]:
    return tuple(entry for entry in entries if entry.number != number)
