"""How CSV files are laid out: separators, quotation marks, line ends, encodings, and lines that are not of the table."""

import re

import pytest

from aeexplorer.core.errors import UploadRejected
from tests.data.readers.reading import read_csv

AB = {"a": ["1", "3"], "b": ["2", "4"]}


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\r1,2\r3,4\r",
        b"a,b\r\n1,2\n3,4\r",
        b"\n\r\na,b\n\n1,2\n\n3,4\n\n",
        b"\xef\xbb\xbfa,b\n1,2\n3,4",
        "a\tb\n1\t2\n3\t4\n".encode("utf-16"),
        "a;b\n1;2\n3;4\n".encode("utf-16-le"),
        "a;b\n1;2\n3;4\n".encode("utf-16-be"),
        b"sep=;\na;b\n1;2\n3;4\n",
        b"\xef\xbb\xbfsep=\t\r\na\tb\r\n1\t2\r\n3\t4\r\n",
        b'"sep=|"\na|b\n1|2\n3|4\n',
        b"a,b\n1,2\n# a remark\n3,4\n",
        b"# made by a program\n#\na,b\n1,2\n3,4\n",
        b"Results of 2024\n\na,b\n1,2\n3,4\n",
    ],
)
def test_the_same_table_in_many_layouts(content: bytes) -> None:
    assert read_csv(content)[0] == AB


def test_a_line_end_across_two_blocks_is_one() -> None:
    padding = "x" * ((4 << 20) - len("a,b\r\n1,\r\n") + 1)
    columns, _ = read_csv(f"a,b\r\n1,{padding}\r\n3,4\r\n")
    assert columns == {"a": ["1", "3"], "b": [padding, "4"]}


def test_what_is_skipped_is_said() -> None:
    _, notes = read_csv("Results,,\n# remark\na,b,c\n1,2,3\n# remark, too\n4,5,6\n")
    assert notes == [
        "the 2 lines before the header were skipped (first: 'Results,,')",
        "comments (#) among the rows were skipped: 1",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b,\n1,2,\n3,4,\n", AB | {"column 3": [None, None]}),
        ("a,b\n1,2,\n3,4,\n", AB | {"column 3": [None, None]}),
        ("a,b,\n1,2\n3,4\n", AB),
        ('"a","b"\n"x",1,2\n"y",3,4\n', {"row name": ["x", "y"]} | AB),
        ('"a\n(cm)",b\n1,2\n3,4\n', {"a (cm)": ["1", "3"], "b": ["2", "4"]}),
        ("x,y\n1;2,5\n3;4,5\n", {"x": ["1;2", "3;4"], "y": ["5", "5"]}),
        ("a;b\n1,5;2,5\n3,5;4,5\n", {"a": ["1.5", "3.5"], "b": ["2.5", "4.5"]}),
        ("1,5;2,5\n3,5;4,5\n", {"column 1": ["1.5", "3.5"], "column 2": ["2.5", "4.5"]}),
        ('a, b, c\n1, "x, y", 2\n2, "z", 3\n', {"a": ["1", "2"], "b": ["x, y", "z"], "c": ["2", "3"]}),
    ],
)
def test_headers_and_separators_of_all_sorts(content: str, expected: dict[str, list[str | None]]) -> None:
    assert read_csv(content)[0] == expected


TWEETS = [("pos", '"Good morning said he'), ("neg", "no mark"), ("pos", 'ends with one"'), ("neg", '"again'), ("pos", '5" pipe')]


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (0, 1, 3, 2, 4), (1, 0, 4), (3, 1, 2)])
def test_lone_quotation_marks_merge_no_rows(separator: str, order: tuple[int, ...]) -> None:
    rows = [TWEETS[i] for i in order]
    columns, notes = read_csv(f"label{separator}text\n" + "".join(f"{label}{separator}{text}\n" for label, text in rows))
    assert list(zip(columns["label"], columns["text"], strict=True)) == rows
    assert any("quotation marks were read as ordinary characters" in note for note in notes)


def test_whole_quoted_cells_beside_lone_marks_lose_their_marks() -> None:
    columns, _ = read_csv('l\tt\np\t"lone\nn\t"quoted ""twice"" here"\np\tend\n')
    assert columns["t"] == ['"lone', 'quoted "twice" here', "end"]


def test_quoted_cells_with_line_ends_stay_whole() -> None:
    columns, notes = read_csv('a,b\n1,"x\r\ny, z"\n2,"say ""no"""\n3,"5"\n')
    assert columns == {"a": ["1", "2", "3"], "b": ["x\ny, z", 'say "no"', "5"]}
    assert notes == []


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        ('a,b\n1,2\n3,"4,7\n5,6\n', "line 3", "never closed"),
        ("title\n\na,b,c\n1,2,3\n3,4\n", "row 5", "2 values, but the first row has 3"),
        ("a,b\n", "", "no rows"),
    ],
)
def test_refusals_name_the_line(content: str, where: str, reason: str) -> None:
    with pytest.raises(UploadRejected, match=re.escape(reason)) as caught:
        read_csv(content)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", ["Москва", "Казань", "Омск"]),
        ("cp1250", ["Łódź", "Gdańsk", "Kraków"]),
        ("cp1253", ["Αθήνα", "Πάτρα", "Βόλος"]),
        ("cp932", ["東京", "大阪", "表示"]),
        ("gbk", ["北京", "上海", "广州"]),
        ("cp949", ["서울", "부산", "대구"]),
        ("cp1252", ["Köln", "Málaga", "Besançon"]),
        ("cp1252", ["20 °C", "3 µm", "5 €"]),
    ],
)
def test_words_of_other_languages_are_not_read_as_windows_1252(encoding: str, words: list[str]) -> None:
    text = "\n".join(["word;x", *(f"{word};{i}" for i, word in enumerate(words))])
    columns, notes = read_csv(text.encode(encoding))
    assert columns["word"] == words
    assert any(("Windows-1252" if encoding == "cp1252" else encoding) in note for note in notes)


def test_one_damaged_character_does_not_make_utf_8_another_encoding() -> None:
    words = ["Köln", "München", "Düren", "Lübeck", "Görlitz", "Gütersloh", "Würzburg", "Fürth"] * 4
    text = "\n".join(["word,x", *(f"{word}{i},{i}" for i, word in enumerate(words))])
    columns, notes = read_csv(text.encode() + b"\nF\xff,7")
    assert columns["word"] == [*(f"{word}{i}" for i, word in enumerate(words)), "F�"]
    assert notes == ["the text is UTF-8, but some of its characters are damaged and were read as �"]


def test_german_texts_for_missing_values_do_not_turn_numbers_into_texts() -> None:
    columns, notes = read_csv("klasse;x\ngut;1,5\nk. A.;k.A.\ngut;2,5\n")
    assert columns == {"klasse": ["gut", None, "gut"], "x": ["1.5", None, "2.5"]}
    assert any("'k. A.' (1)" in note and "'k.A.' (1)" in note for note in notes)
