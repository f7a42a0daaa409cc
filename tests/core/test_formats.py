import pytest

from aeexplorer.core.formats import Format, NewerFormat

FORMAT = Format("pot", (lambda pot: pot | {"depth": pot.pop("deep")}, lambda pot: {**pot, "lid": pot["depth"] > 3}))


def test_records_of_every_version_become_the_present_one() -> None:
    assert FORMAT.version == 3
    assert FORMAT.read({"deep": 4}) == {"format": 3, "depth": 4, "lid": True}
    assert FORMAT.read({"format": 2, "depth": 2}) == {"format": 3, "depth": 2, "lid": False}
    assert FORMAT.read(FORMAT.stamp({"depth": 2, "lid": True})) == {"format": 3, "depth": 2, "lid": True}


def test_a_newer_record_is_refused_with_a_sentence_that_says_so() -> None:
    with pytest.raises(NewerFormat, match=r"the pot was written by a newer version .*, in format 4; .* Update aeexplorer"):
        FORMAT.read({"format": 4, "depth": 2})


@pytest.mark.parametrize(
    "record", [[], "text", None, 3, {"format": "2"}, {"format": True}, {"format": 0}, {"shallow": 1}], ids=str
)
def test_what_is_no_record_is_a_value_error(record: object) -> None:
    with pytest.raises(ValueError, match=r"record|format"):
        FORMAT.read(record)
