"""Plan for the columns of a table: which are learned, which gives the labels, and which are stored beside the samples."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aeexplorer.data.formats._manifest import LABEL_NAMES
from aeexplorer.data.formats._series_table import Source
from aeexplorer.data.readers.columns import MAX_DISTINCT, Column
from aeexplorer.data.readers.encoding import describe
from aeexplorer.data.units import narrowing_notes
from aeexplorer.data.uploads.given_split import gives_split
from aeexplorer.data.uploads.options import ColumnGuess, IngestOptions

_LABEL_NAMES = (*LABEL_NAMES, "species", "variety", "type", "diagnosis", "survived", "outcome", "quality")


@dataclass
class Plan:
    """Use of the columns of a table."""

    features: list[Column]
    """Columns that are learned."""
    label: Column | None
    """Column of the labels."""
    others: list[Column]
    """Columns that are stored beside the samples and not learned."""
    dropped: list[ColumnGuess]
    """Columns that are not stored."""

    @property
    def inexact(self) -> list[Column]:
        """Learned columns whose exact values are also stored beside the samples, as they have too many digits."""
        return [c for c in self.features if c.loses_digits]


def suggest_roles(columns: Sequence[Column]) -> tuple[ColumnGuess, ...]:
    """Suggest a role for each column: learn it, use it as labels, store it beside the samples, or drop it."""
    # labels: by name, else the last column if it is the only categorical one
    named = [
        c
        for c in columns
        if c.name.lower() in _LABEL_NAMES and c.value_counts is not None and c.kind in ("numeric", "categorical")
    ]
    candidates = [c for c in named if len(c.value_counts or ()) <= max(2, min(100, c.n_rows // 3))]
    splits = [c for c in columns if gives_split(c.name, c.value_counts)]
    categorical = [c for c in columns if c.kind == "categorical" and c not in splits]
    label = candidates[0] if candidates else None
    if label is None and len(categorical) == 1 and categorical[0] is [c for c in columns if c not in splits][-1]:
        label = categorical[0]
    # the other roles
    guesses = []
    for c in columns:
        if c.kind in ("empty", "constant"):
            guesses.append(c.guess("dropped", "it has no values" if c.kind == "empty" else "all its values are the same"))
        elif c in splits:
            guesses.append(c.guess("beside", "it gives the split"))
        elif c is label:
            guesses.append(c.guess("label", "it looks like labels"))
        elif c.kind == "other":
            guesses.append(c.guess("beside", "values of its type cannot be learned"))
        elif c.kind == "text" and c.code_reason:
            guesses.append(c.guess("beside", f"{c.code_reason}, so they are kept as they are written"))
        elif c.is_key and not c.forced_kind:
            guesses.append(c.guess("beside", "it looks like a key or a row number"))
        elif c.kind == "text":
            guesses.append(c.guess("beside", "it holds text with too many different values"))
        else:
            guesses.append(c.guess("feature", ""))
    return tuple(guesses)


def find_label(columns: Sequence[Column], options: IngestOptions) -> str:
    """Return the column of the labels: the chosen one, else the suggested one; empty for none."""
    if options.label_column is not None:
        return options.label_column
    return next((g.name for g in suggest_roles(columns) if g.role == "label"), "")


def force_kinds(source: Source, columns: Sequence[Column], options: IngestOptions) -> None:
    """Mark the columns that the user declared as numeric or categorical; refuse columns without such values."""
    by_name = {c.name: c for c in columns}
    for kind, names in (("numeric", options.table.numeric_columns), ("categorical", options.table.categorical_columns)):
        for name in names:
            c = by_name.get(name)
            if c is None:
                raise no_column(source, name, by_name)
            if c.forced_kind:
                reason = "the column is chosen both as numbers and as categories"
                raise source.member.rejected(reason, "Choose one of them", f"column {name!r}")
            c.forced_kind = kind
            if kind == "numeric" and c.kind not in ("numeric", "date"):
                reason = "the column cannot be numeric: it has no two different numbers"
                raise source.member.rejected(reason, "Do not choose it as numeric", f"column {name!r}")
            if kind == "categorical" and c.kind != "categorical":
                reason = f"the column cannot be categorical: it does not have 2 to {MAX_DISTINCT:,} different values"
                raise source.member.rejected(reason, "Do not choose it as categorical", f"column {name!r}")


def no_column(source: Source, name: str, columns: Iterable[str]) -> Exception:
    """Return the refusal of a chosen column that is absent."""
    names = list(columns)
    examples = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return source.member.rejected(f"the table has no column {name!r}", f"Choose one of {examples}")


def make_plan(source: Source, columns: list[Column], options: IngestOptions) -> Plan:
    """Combine the chosen and the suggested columns.

    Raises
    ------
    UploadRejected
        If a chosen column is absent or cannot be learned, or fewer than two columns can be learned.
    """
    by_name = {c.name: c for c in columns}
    guesses = {g.name: g for g in suggest_roles(columns)}
    for name in (*options.feature_columns, *([options.label_column] if options.label_column else [])):
        if name not in by_name:
            raise no_column(source, name, by_name)
    label = find_label(columns, options)
    if options.feature_columns:
        features = [name for name in dict.fromkeys(options.feature_columns) if name != label]
    else:  # a suggested label column that is not used as such is learned
        features = [g.name for g in guesses.values() if g.role in ("feature", "label") and g.name != label]
    for name in features:
        if guesses[name].kind not in ("numeric", "categorical", "date"):
            why = guesses[name].why or f"it is {guesses[name].kind}"
            raise source.member.rejected(f"the column cannot be learned: {why}", "Leave it out", f"column {name!r}")
    if len(features) < 2:
        reason = f"only {len(features)} of the {len(columns)} columns can be learned, but an autoencoder needs two"
        raise source.member.rejected(reason, "Check the separator (comma, semicolon or tab), or choose the feature columns")
    dropped = [g for g in guesses.values() if g.role == "dropped" and g.name != label]
    used = {*features, label, *(g.name for g in dropped)}
    others = [c for c in columns if c.name not in used]
    return Plan([by_name[name] for name in features], by_name.get(label), others, dropped)


def column_notes(c: Column) -> Iterator[str]:
    """Yield notes on a learned column whose numbers are codes, or are not stored in their own units."""
    if c.kind == "categorical" and c.code_reason:
        yield f"column {c.name!r}: {c.code_reason}, so it was read as categories; choose it as numeric to read quantities"
    if c.kind == "numeric":
        yield from narrowing_notes(c.name, describe(c), c.loses_digits)
    elif c.kind == "date":
        yield from narrowing_notes(c.name, {}, c.loses_digits)


def plan_notes(plan: Plan, first_row: int) -> Iterator[str]:
    """Yield notes on columns and values that are not learned; `first_row` is the number of the first row of data."""
    for guess in plan.dropped:
        yield f"the column {guess.name!r} was dropped: {guess.why}"
    for c in plan.others:
        why = next(g.why for g in suggest_roles([c]))
        yield f"the column {c.name!r} is stored beside the samples, not learned" + (f": {why}" if why else "")
    for c in plan.features:
        if c.kind == "numeric" and c.n_non_numeric:
            row, text = c.first_non_numeric
            place = f"first: {text!r}, row {row + first_row}"
            yield f"column {c.name!r}: {c.n_non_numeric:,} values that are not numbers count as missing ({place})"
        yield from column_notes(c)
        if c.kind == "numeric" and c.n_infinite:
            yield f"column {c.name!r}: {c.n_infinite:,} infinite or too large values count as missing"
    missing = sum(c.n_missing for c in plan.features)
    if missing:
        affected = sum(c.n_missing > 0 for c in plan.features)
        yield f"{missing:,} values in {affected:,} columns are missing and stay missing"
    counts = Counter(c.kind for c in plan.features)
    dates = f", and {counts['date']:,} columns of dates," if counts["date"] else ""
    yield f"{counts['numeric']:,} numeric and {counts['categorical']:,} categorical columns{dates} are learned"
