"""Numbers as people write them: each column is written from known numbers in some dialect, and read back."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.data.readers.reading import read_csv

NUMBERS = [0.25, -3.5, 1234567.75, 932.0, 12_000.5, -45_678.25, 7.0, 100.125]


def swap(text: str) -> str:
    """Exchange points and commas."""
    return text.translate(str.maketrans(".,", ",."))


def indian(number: float) -> str:
    """Write a number with marks between lakhs."""
    whole, _, decimals = f"{abs(number):.3f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = re.sub(r"(\d)(?=(\d{2})+$)", r"\1,", head)
    return f"{'-' if number < 0 else ''}{groups + ',' if groups else ''}{tail}.{decimals}"


DIALECTS: dict[str, Callable[[float], str]] = {
    "plain": str,
    "exponents": lambda x: f"{x:.8e}",
    "decimal commas": lambda x: f"{x:.3f}".replace(".", ","),
    "English": lambda x: f"{x:,.3f}",
    "German": lambda x: swap(f"{x:,.3f}"),
    "French": lambda x: f"{x:,.3f}".replace(",", " ").replace(".", ","),
    "French with narrow no-break spaces": lambda x: f"{x:,.3f}".replace(",", "\u202f").replace(".", ","),
    "no-break spaces": lambda x: f"{x:,.3f}".replace(",", "\u00a0"),
    "thin spaces": lambda x: f"{x:,.3f}".replace(",", "\u2009"),
    "Swiss": lambda x: f"{x:,.3f}".replace(",", "'"),
    "Swiss with typographic apostrophes": lambda x: f"{x:,.3f}".replace(",", "’"),
    "Indian": indian,
    "dollars": lambda x: f"{'-' if x < 0 else ''}${abs(x):,.3f}",
    "euros before": lambda x: f"€ {swap(f'{x:,.3f}')}",
    "euros behind": lambda x: f"{swap(f'{x:,.3f}')} €",
    "currency codes": lambda x: f"{x:,.3f} CHF",
    "percent": lambda x: f"{x} %",
    "percent with commas": lambda x: f"{x}%".replace(".", ","),
    "brackets": lambda x: f"({-x:,.3f})" if x < 0 else f"{x:,.3f}",
    "minus behind": lambda x: f"{-x:,.3f}-" if x < 0 else f"{x:,.3f}",
    "minus sign": lambda x: f"{x:,.3f}".replace("-", "−"),
    "plus signs": lambda x: f"{x:+.3f}",
    "accountants' dollars": lambda x: f"(${-x:,.2f})" if x < 0 else f"${x:,.2f}",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("separator", ["\t", ";"])
def test_numbers_of_a_dialect_are_read_back(dialect: str, separator: str) -> None:
    rows = "".join(f"{DIALECTS[dialect](number)}{separator}word {i}\n" for i, number in enumerate(NUMBERS))
    columns, _ = read_csv(f"x{separator}w\n{rows}")
    np.testing.assert_allclose([float(text or "nan") for text in columns["x"]], NUMBERS, atol=0.005)


def test_quoted_numbers_in_a_file_with_commas_are_read() -> None:
    columns, notes = read_csv('a,b\n"1,234,567",2.5\n"12,000",3.5\n900,1\n')
    assert columns["a"] == ["1234567", "12000", "900"]
    assert notes == ["column 'a': 1,234,567 is read as 1234567"]


def test_the_other_columns_tell_what_a_point_means() -> None:
    german, notes = read_csv("preis;gewicht\n1.006;1,29\n932;2,59\n")
    assert german["preis"] == ["1006", "932"]
    assert any("1.006 is read as 1006, as the decimal comma of other columns tells" in note for note in notes)
    english, notes = read_csv("price;weight\n1.006;1.29\n932;2.59\n")
    assert english["price"] == ["1.006", "932"]
    assert any("decimal_mark = comma reads 1006" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "usual", "other"),
    [
        ("a\tb\n1,234\tx\n2,345\ty\n", "1234", "1.234"),  # nothing tells
        ("a,b\n1.234,x\n2.345,y\n", "1.234", "1234"),  # nothing tells
        ("a;b\n1,234;x\n2,345;y\n", "1.234", "1234"),  # semicolons go with decimal commas
        ("a|b\n1.234|x\n932|y\n", "1234", "1.234"),  # numbers below a thousand have no mark
    ],
)
def test_a_doubtful_column_says_its_reading_and_can_be_read_otherwise(content: str, usual: str, other: str) -> None:
    columns, notes = read_csv(content)
    assert columns["a"][0] == usual
    (note,) = notes
    mark = note.partition("table.decimal_mark = ")[2].split()[0]
    assert f"is read as {usual}" in note
    assert f"reads {other}" in note
    columns, notes = read_csv(content, decimal_mark=mark)
    assert columns["a"][0] == other
    assert notes[0].endswith("as the option says")


def test_the_option_does_not_change_columns_whose_values_tell() -> None:
    columns, _ = read_csv("a\tb\n1,25\t3.5\n2,5\t4.25\n", decimal_mark="comma")
    assert (columns["a"], columns["b"]) == (["1.25", "2.5"], ["3.5", "4.25"])


@pytest.mark.parametrize(
    "values",
    [["$3", "€4"], ["1.2.3", "1.2.4"], ["192.168.0.1", "10.0.0.1"], ["12-34", "56-78"], ["1,2", "1.2,3.4"], ["00037", "00012"]],
)
def test_texts_that_are_no_numbers_of_one_kind_stay(values: list[str]) -> None:
    columns, _ = read_csv("a\tb\n" + "".join(f"{value}\tx\n" for value in values))
    assert columns["a"] == values


def test_units_are_named_and_lacking_ones_counted() -> None:
    _, notes = read_csv("a,b\n5 %,1\n12.5%,2\n0,4\n")
    assert notes == ["column 'a': the numbers were read without %, which 1 values lack (first: '5 %')"]


def test_a_column_that_the_user_calls_numeric_is_read_as_numbers() -> None:
    content = "a;b\n" + "".join(f"{'?!' if i % 2 else f'{i},5'};x\n" for i in range(20))
    assert read_csv(content)[0]["a"][2] == "2,5"
    assert read_csv(content, numeric_columns=("a",))[0]["a"][2] == "2.5"
    assert read_csv("a;b\n1,5;x\n2,5;y\n", categorical_columns=("a",))[0]["a"] == ["1,5", "2,5"]
