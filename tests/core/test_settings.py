from typing import Annotated, Literal

import pytest
from pydantic import Field

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import PART, Added, GreaterThan, NoneOf, Settings, When, parse, settings_without_effect


class Small(Settings):
    kind: Literal["small"] = "small"
    """Which part this is."""
    size: int = Field(4, ge=1, le=64)
    """How large."""


class Large(Settings):
    kind: Literal["large"] = "large"
    """Which part this is."""
    size: int = Field(400, ge=100)
    """How large."""
    depth: int = Field(2, ge=1)
    """How deep."""


class Model(Settings):
    part: Annotated[Small | Large, Field(discriminator="kind"), PART] = Small()
    """The part that is exchanged."""
    extra: Annotated[Small | None, PART] = None
    """A part that may be absent."""
    rate: float = Field(0.5, gt=0, le=1)
    """A rate."""


class Whole(Settings):
    model: Model = Model()
    """The model."""
    seed: int = 0
    """Random seed."""
    rate: float = Field(0.1, gt=0)
    """Another rate."""


def test_leaves_are_dotted_documented_and_in_order() -> None:
    leaves = list(Whole().leaves())
    assert [path for path, _, _ in leaves] == [
        "model.part.kind",
        "model.part.size",
        "model.extra",
        "model.rate",
        "seed",
        "rate",
    ]
    assert [value for _, _, value in leaves] == ["small", 4, None, 0.5, 0, 0.1]
    assert {path: field.description for path, field, _ in leaves}["model.part.size"] == "How large."


def test_the_path_of_a_part_means_its_kind() -> None:
    changed = Whole().replace({"model.part.size": 200, "model.part": "large", "extra": "small"})
    assert changed.model.part == Large(size=200)
    assert changed.model.extra == Small()
    assert changed.replace({"model.extra": "none"}).model.extra is None


def test_values_are_replaced_by_full_paths_by_short_paths_and_from_text() -> None:
    whole = Whole()
    changed = whole.replace({"model.size": "7", "seed": "3", "model.rate": 1})
    assert (changed.model.part.size, changed.seed, changed.model.rate) == (7, 3, 1.0)
    assert whole == Whole()
    assert changed.replace({"size": 8}).model.part.size == 8


class Listing(Settings):
    names: tuple[str, ...] = ()
    """Some names."""


def test_items_of_a_list_are_separated_by_commas() -> None:
    assert Listing().replace({"names": "a, b c,"}).names == ("a", "b c")
    assert Listing().replace({"names": ("a,b",)}).names == ("a,b",)


def test_a_new_kind_starts_from_its_own_defaults_whatever_the_order() -> None:
    changed = Whole().replace({"model.depth": 5, "model.part.kind": "large"})
    assert changed.model.part == Large(depth=5)
    assert Whole().replace({"model.extra.kind": "small"}).model.extra == Small()
    assert changed.replace({"model.extra.kind": "none"}).model.extra is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.part.size": 65}, r"the setting model\.part\.(small\.)?size is 65.*less than or equal to 64"),
        ({"seed": "many"}, r"the setting seed is 'many'.*integer"),
        ({"sed": 1}, r"no setting 'sed' here\. Similar settings: "),
        ({"model.part.kind": "huge"}, r"the setting model\.part is .*huge"),
        ({"model.kind": "large"}, r"matches several settings: model\.part\.kind, model\.extra\.kind"),
    ],
)
def test_an_invalid_change_is_refused_with_one_sentence_and_a_fix(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Whole().replace(changes)


def test_a_path_at_the_root_is_not_abbreviated() -> None:
    assert Whole().replace({"rate": 0.7}).model.rate == 0.5


def test_equal_values_have_equal_digests() -> None:
    assert Whole().digest() == Whole(seed=0).digest() == parse(Whole, {"model": {"rate": 0.5}}).digest()
    assert len({Whole(seed=i).digest() for i in range(9)}) == 9


def test_settings_are_frozen_and_refuse_unknown_fields() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Whole().seed = 1
    with pytest.raises(UserError, match="the setting sead is 1"):
        parse(Whole, {"sead": 1})


class Pulling(Settings):
    by: Literal["hand", "horse", "both"] = "hand"
    """Who pulls."""
    oats: Annotated[float, Field(ge=0), When({"by": NoneOf(["hand"])})] = 1.0
    """Food of the horse."""
    whip: Annotated[bool, When({"oats": GreaterThan(2), "by": ("horse",)}), When({"part.depth": (None, 9)})] = False
    """Two ways to have an effect."""
    part: Annotated[Small | Large, Field(discriminator="kind"), PART] = Large()
    """A part whose setting counts."""


def idle(*, free: tuple[str, ...] = (), **changes: object) -> list[str]:
    return list(settings_without_effect(Pulling().replace(changes).leaves(), {"by": {"both": ("hand", "horse")}}, free))


def test_a_setting_has_no_effect_if_none_of_its_conditions_holds() -> None:
    assert idle() == ["oats", "whip"]
    assert idle(by="horse") == ["whip"]
    assert idle(by="horse", oats=3.0) == []
    assert idle(part="small") == ["oats"]
    assert idle(depth=9) == ["oats"]


def test_one_of_several_meanings_is_enough_and_varied_settings_meet_every_condition() -> None:
    assert idle(by="both") == ["whip"]
    assert idle(free=("by",)) == ["whip"]
    assert idle(free=("by", "oats")) == []


class Ploughing(Settings):
    pulling: Annotated[Pulling, When({"soil": NoneOf(["rock"])})] = Pulling()
    """A part with a condition on a name that is not a setting."""


def test_the_condition_of_a_part_applies_to_all_its_settings() -> None:
    def told(soil: str | None) -> dict[str, str]:
        settings = Ploughing()
        return settings_without_effect(
            settings.leaves(), {"soil": {None: [soil]}} if soil else None, groups=settings.conditional_groups()
        )

    assert list(told(None)) == list(told("clay")) == ["pulling.oats", "pulling.whip"]
    on_rock = told("rock")
    assert {"pulling", "pulling.by", "pulling.part.depth"} <= set(on_rock)
    assert on_rock["pulling.by"] == "pulling.by has no effect with soil rock"


def test_the_reason_names_the_setting_that_prevents_the_effect() -> None:
    assert settings_without_effect(Whole().leaves()) == {}
    assert settings_without_effect(Pulling().leaves())["oats"] == "oats has no effect with by hand"


class Older(Settings):
    """Settings as an earlier version had them."""

    rate: float = 0.5
    """A rate."""
    part: Annotated[Small | Large, Field(discriminator="kind"), PART] = Small()
    """A part."""


class LaterPart(Settings):
    kind: Literal["small"] = "small"
    """Which part this is."""
    size: int = Field(4, ge=1, le=64)
    """How large."""
    twist: Annotated[float, Added()] = 0.0
    """Added later."""


class Later(Settings):
    rate: float = 0.5
    """A rate."""
    part: LaterPart = LaterPart()
    """A part with a later setting."""
    extra: Annotated[LaterPart | None, Added()] = None
    """A part that was added later."""


class Several(Settings):
    by_name: dict[str, LaterPart] = {}
    """Settings in a dictionary."""
    in_order: tuple[LaterPart, ...] = ()
    """Settings in a list."""


def test_an_added_setting_with_its_default_leaves_the_digest_as_it_was() -> None:
    assert Later().digest() == Older().digest()
    assert Later(rate=0.25, part=LaterPart(size=8)).digest() == Older(rate=0.25, part=Small(size=8)).digest()
    assert Later().stored() == {"rate": 0.5, "part": {"kind": "small", "size": 4}}


def test_an_added_setting_counts_once_it_differs() -> None:
    digests = {
        Later().digest(),
        Later(part=LaterPart(twist=0.1)).digest(),
        Later(part=LaterPart(twist=0.2)).digest(),
        Later(extra=LaterPart()).digest(),
        Later(extra=LaterPart(twist=0.1)).digest(),
    }
    assert len(digests) == 5


def test_added_settings_are_left_out_at_any_depth() -> None:
    several = Several(by_name={"a": LaterPart(), "b": LaterPart(twist=1)}, in_order=(LaterPart(twist=2), LaterPart()))
    plain, twisted = {"kind": "small", "size": 4}, {"kind": "small", "size": 4, "twist": 1.0}
    assert several.stored() == {"by_name": {"a": plain, "b": twisted}, "in_order": [plain | {"twist": 2.0}, plain]}
    assert parse(Several, several.stored()) == several
