"""Dates as people write them: each column is written from known moments by `strftime`, and read back."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.data.readers.dates import to_days
from tests.data.readers.reading import read_csv

MOMENTS = [
    datetime(2021, 4, 3, 13, 30),
    datetime(1999, 12, 25, 0, 5),
    datetime(2024, 2, 29, 23, 59),
    datetime(2005, 11, 7, 12, 0),
]
EPOCH = datetime(1970, 1, 1)


def read_days(texts: list[str], **options: object) -> tuple[list[float], list[str]]:
    """Days since 1970 of a column of dates, and the notes."""
    columns, notes = read_csv("when\tn\n" + "".join(f"{text}\t{i}\n" for i, text in enumerate(texts)), **options)
    return to_days(pa.array(columns["when"], pa.string())).tolist(), notes


def days_of(moments: list[datetime]) -> list[float]:
    return [(moment - EPOCH) / timedelta(days=1) for moment in moments]


@pytest.mark.parametrize(
    "form",
    [
        *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%m/%d/%y", "%Y/%m/%d", "%Y-%m-%d", "%d %b %Y", "%d-%b-%y"),
        *("%d. %B %Y", "%B %d, %Y", "%b %d %Y", "%A, %d %B %Y", "%Y-%b-%d"),
    ],
)
@pytest.mark.parametrize("time", ["", " %H:%M", "T%H:%M:%S", " %I:%M %p", ", %H:%M:%S.%f"])
def test_dates_of_a_form_are_read_back(form: str, time: str) -> None:
    days, _ = read_days([moment.strftime(form + time) for moment in MOMENTS])
    expected = MOMENTS if time else [datetime(m.year, m.month, m.day) for m in MOMENTS]
    np.testing.assert_allclose(days, days_of(expected), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3. März 2021", "14. Mai 2021", "1. Dezember 2020"], ["2021-03-03", "2021-05-14", "2020-12-01"]),
        (["3 février 2021", "14 août 2021"], ["2021-02-03", "2021-08-14"]),
        (["3 de enero de 2021", "14 de abril de 2021"], ["2021-01-03", "2021-04-14"]),
        (["April 3rd, 2021", "May 1st, 2021"], ["2021-04-03", "2021-05-01"]),
        (["3.4.21", "3.4.69"], ["2021-04-03", "1969-04-03"]),
    ],
)
def test_months_of_several_languages_and_short_years_are_read(texts: list[str], expected: list[str]) -> None:
    assert read_csv("a;b\n" + "".join(f"{text};1\n" for text in texts))[0]["a"] == expected


def test_fractions_of_seconds_count() -> None:
    days, _ = read_days(["2021-04-03T13:30:00.25Z", "2021-04-03 13:30:00.5"])
    np.testing.assert_allclose(np.diff(days) * 86_400, [0.25], atol=1e-5)


def test_times_of_one_zone_stay_and_those_of_several_become_utc() -> None:
    east, west = timezone(timedelta(hours=2)), timezone(timedelta(hours=-5, minutes=-30))
    days, notes = read_days([m.replace(tzinfo=east).isoformat() for m in MOMENTS])
    np.testing.assert_allclose(days, days_of(MOMENTS), atol=1e-9)
    assert any("stay in their time zone +02:00" in note for note in notes)
    mixed = [m.replace(tzinfo=zone) for m, zone in zip(MOMENTS, [east, west] * 2, strict=True)]
    days, notes = read_days([m.isoformat() for m in mixed])
    np.testing.assert_allclose(days, days_of([m.astimezone(UTC).replace(tzinfo=None) for m in mixed]), atol=1e-9)
    assert any("converted to UTC" in note for note in notes)


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
@pytest.mark.parametrize("step", [1, -1])
def test_rows_in_order_of_time_tell_the_order_of_day_and_month(form: str, step: int) -> None:
    moments = [datetime(2021, 2, 1), datetime(2021, 2, 5), datetime(2021, 3, 1), datetime(2021, 3, 2), datetime(2021, 4, 3)][
        ::step
    ]
    days, notes = read_days([moment.strftime(form) for moment in moments])
    assert days == days_of(moments)
    assert "the order of the rows" in notes[0]


def test_the_first_of_every_month_tells_where_the_day_is() -> None:
    moments = [datetime(2021, month, 1) for month in (5, 1, 9, 3)]
    assert read_days([m.strftime("%d/%m/%Y") for m in moments])[0] == days_of(moments)
    assert read_days([m.strftime("%m/%d/%Y") for m in moments])[0] == days_of(moments)


def test_another_column_tells_the_order_of_a_doubtful_one() -> None:
    columns, notes = read_csv("a,b\n03/04/2021,23/04/2021\n05/06/2021,03/04/2021\n04/02/2021,03/04/2021\n")
    assert columns["a"] == ["2021-04-03", "2021-06-05", "2021-02-04"]
    assert any("03/04/2021 is read as 2021-04-03, as in other columns" in note for note in notes)


def test_a_doubtful_date_says_its_reading_and_can_be_read_otherwise() -> None:
    texts = ["03/04/2021", "05/06/2021", "05/01/2021", "02/02/2021"]
    days, notes = read_days(texts)
    assert days == days_of([datetime(2021, 3, 4), datetime(2021, 5, 6), datetime(2021, 5, 1), datetime(2021, 2, 2)])
    (note,) = notes
    assert "column 'when': 03/04/2021 is read as 2021-03-04, as nothing in the file tells" in note
    assert "table.date_order = day_first" in note
    days, _ = read_days(texts, date_order="day_first")
    assert days == days_of([datetime(2021, 4, 3), datetime(2021, 6, 5), datetime(2021, 1, 5), datetime(2021, 2, 2)])


@pytest.mark.parametrize(
    "texts", [["13/14/2021", "05/06/2021"], ["13/04/2021", "05/16/2021"], ["3.11.2", "3.12.1"], ["May", "June"]]
)
def test_columns_that_are_not_dates_throughout_stay_texts(texts: list[str]) -> None:
    assert read_csv("a;b\n" + "".join(f"{text};1\n" for text in texts))[0]["a"] == texts
