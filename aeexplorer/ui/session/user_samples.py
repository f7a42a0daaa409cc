"""The guests of a visit: what a person drew, wrote or uploaded. They live in the session alone and are never stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aeexplorer.analysis.samples.user_samples import Guest
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.ui.session import state

MOST = 30
"""Guests at most; then the oldest leaves."""
_UNDONE = 20


@dataclass(frozen=True, eq=False)
class Visitor:
    """A guest as the page names it.

    Parameters
    ----------
    number
        On the map.
    title
        What it is.
    origin
        Where it came from: what comes from there again takes its place.
    guest
        Its samples.
    remade
        What it was made of, for those who make it anew.
    """

    number: int
    title: str
    origin: str
    guest: Guest
    remade: Any = None


@dataclass(frozen=True, eq=False)
class Visit:
    """The guests of one dataset.

    Parameters
    ----------
    visitors
        In the order in which they came.
    shown
        Number of the one that is looked at; 0 is none of them.
    sheet
        Counts up with each new one that is begun by hand.
    refused
        What was wrong with the last one that did not come in.
    """

    visitors: tuple[Visitor, ...] = ()
    shown: int = 0
    sheet: int = 0
    refused: str = ""

    def find(self, number: int) -> Visitor | None:
        """The one of that number."""
        return next((visitor for visitor in self.visitors if visitor.number == number), None)


class Desk:
    """Where guests of a dataset come in and leave; for callbacks of widgets.

    Parameters
    ----------
    dataset
        Whose fields they have.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._key, self._past = f"guests.{dataset.id}", f"guests.{dataset.id}.past"

    @property
    def visit(self) -> Visit:
        """Who is there."""
        found: Visit = state.kept(self._key, Visit())
        return found

    @property
    def has_removed(self) -> bool:
        """Whether some left."""
        return bool(state.kept(self._past, ()))

    def key(self, *parts: object) -> str:
        """A key of the session for this dataset."""
        return ".".join(["guests", self.dataset.id, *map(str, parts)])

    def bring(self, field: str, sample: np.ndarray | None, origin: str, title: str, remade: Any = None) -> None:
        """A guest comes in, or changes: what came from the same origin takes the new sample, or is gone without one.

        Where the dataset has several fields, what is given for them one after another is one guest, until another is begun.
        """
        visit = self.visit
        several = len(self.dataset.fields) > 1
        origin = f"{visit.sheet}" if several else f"{visit.sheet}.{origin}"
        before = next((visitor for visitor in visit.visitors if visitor.origin == origin), None)
        samples = {} if before is None else dict(before.guest.samples)
        samples.pop(field, None)
        if sample is not None:
            samples[field] = sample
        if not samples:
            if before is not None:
                self._put(replace(visit, visitors=_without(visit.visitors, before.number), refused=""))
            return
        gone = [visitor for left in state.kept(self._past, ()) for visitor in left]
        number = before.number if before else 1 + max((v.number for v in (*visit.visitors, *gone)), default=0)
        called = " + ".join(name for name in self.dataset.fields if name in samples) if several else title
        kept = before.remade if before is not None and remade is None else remade
        ordered = {name: samples[name] for name in self.dataset.fields if name in samples}
        made = Visitor(number, called, origin, Guest(ordered), kept)
        visitors = tuple(made if v is before else v for v in visit.visitors) if before else (*visit.visitors, made)
        self._put(replace(visit, visitors=visitors[-MOST:], shown=number, refused=""))

    def change(self, number: int, field: str, sample: np.ndarray) -> None:
        """Another sample for a field of one that is there."""
        changed = [
            replace(v, guest=Guest({**v.guest.samples, field: sample})) if v.number == number else v for v in self.visit.visitors
        ]
        self._put(replace(self.visit, visitors=tuple(changed)))

    def refusing(self, act: Callable[[], None]) -> None:
        """Do it; what is refused is said on the page."""
        try:
            act()
        except UserError as error:
            self._put(replace(self.visit, refused=str(error)))

    def show(self, number: int) -> None:
        """Look at another guest, or with 0 at none."""
        self._put(replace(self.visit, shown=number))

    def remove(self, number: int) -> None:
        """One leaves; drawing goes on on an empty sheet."""
        self._leave([visitor for visitor in self.visit.visitors if visitor.number == number])

    def clear(self) -> None:
        """All leave."""
        self._leave(self.visit.visitors)

    def another(self) -> None:
        """Begin another by hand; those there stay."""
        self._put(replace(self.visit, sheet=self.visit.sheet + 1, refused=""))

    def bring_back(self) -> None:
        """Those who left last are there again."""
        *past, left = state.kept(self._past, ((),))
        visit = self.visit
        taken = {visitor.number for visitor in visit.visitors}
        back = sorted([*visit.visitors, *(v for v in left if v.number not in taken)], key=lambda v: v.number)
        state.put({self._past: tuple(past)})
        self._put(replace(visit, visitors=tuple(back), shown=left[-1].number if left else visit.shown))

    def _leave(self, left: Sequence[Visitor]) -> None:
        visit = self.visit
        stay = tuple(visitor for visitor in visit.visitors if visitor not in left)
        state.put({self._past: (*state.kept(self._past, ()), tuple(left))[-_UNDONE:]})
        self._put(Visit(stay, stay[-1].number if stay else 0, visit.sheet + 1))

    def _put(self, visit: Visit) -> None:
        state.put({self._key: visit})


def _without(visitors: Sequence[Visitor], number: int) -> tuple[Visitor, ...]:
    return tuple(visitor for visitor in visitors if visitor.number != number)
