"""The exact effect of each corruption."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import UNKNOWN
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.corruptions.blur import Blur
from aeexplorer.models.corruptions.dropped_columns import DroppedColumns
from aeexplorer.models.corruptions.dropped_fields import DroppedFields
from aeexplorer.models.corruptions.dropped_steps import DroppedSteps
from aeexplorer.models.corruptions.gaussian_noise import GaussianNoise
from aeexplorer.models.corruptions.masking import Masking
from aeexplorer.models.corruptions.occlusion import Occlusion
from aeexplorer.models.corruptions.patch_masking import PatchMasking
from aeexplorer.models.corruptions.salt_and_pepper import SaltAndPepper
from aeexplorer.models.corruptions.word_dropout import WordDropout

COLUMNS = [
    {"name": "kind", "kind": "categorical", "categories": ["a", "b", "c"], "low": 0, "high": 2},
    {"name": "length", "kind": "numeric", "categories": [], "low": 0.0, "high": 1.0},
    {"name": "colour", "kind": "categorical", "categories": ["x", "y"], "low": 0, "high": 1},
]
PICTURE = modality_of(Field("picture", "image", (3, 10, 21), "float32", {}, Path()))
TABLE = modality_of(Field("row", "tabular", (3,), "float32", {"columns": COLUMNS}, Path()))

TEXT = modality_of(
    Field("text", "text", (5,), "uint16", {"representation": "characters", "tokens": ["", "", "\ufffd", "a", "b"]}, Path())
)
TEXTS = TEXT.prepare(torch.tensor([[3, 4, 3, 1, 0]]).repeat(2_000, 1))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def pictures(n: int = 200) -> torch.Tensor:
    return 0.25 + 0.5 * torch.rand(n, 3, 10, 21)


def test_salt_and_pepper_hit_whole_pixels_equally_often() -> None:
    x = pictures()
    seen = SaltAndPepper(share=0.4).corrupt(x, PICTURE)
    hit = seen != x
    assert torch.equal(hit.any(1), hit.all(1))
    assert float(hit.float().mean()) == pytest.approx(0.4, abs=0.02)
    assert float((seen == 1).float().mean()) == pytest.approx(0.2, abs=0.02)
    assert float((seen == 0).float().mean()) == pytest.approx(0.2, abs=0.02)


def test_salt_and_pepper_keeps_missing_values() -> None:
    x = torch.full((500, 6), torch.nan)
    assert SaltAndPepper(share=0.9).corrupt(x, TABLE).isnan().all()


def test_fixed_share_of_the_patches_is_hidden() -> None:
    x = pictures()
    gone = PatchMasking(share=0.5, patches=5).corrupt(x, PICTURE) == 0  # 2×2 pixels: 5 rows of 11, the last one narrow
    patches = torch.nn.functional.pad(gone[:, 0].float(), (0, 1), value=torch.nan).unfold(1, 2, 2).unfold(2, 2, 2)
    shares = patches.nanmean((3, 4)).flatten(1)
    assert ((shares == 0) | (shares == 1)).all()
    assert (shares.sum(1) == 28).all()
    assert torch.equal(gone.any(1), gone.all(1))
    assert len(shares.unique(dim=0)) > 190


def test_one_rectangle_is_covered_at_a_random_position() -> None:
    gone = Occlusion(share=0.25).corrupt(pictures(), PICTURE)[:, 0] == 0
    rows, columns = gone.any(2).sum(1), gone.any(1).sum(1)
    assert (rows == 5).all()
    assert (columns == 10).all()
    assert (gone.sum((1, 2)) == 50).all()
    assert len(gone.unique(dim=0)) > 30
    assert gone.any(0).all()


def test_blur_spreads_a_point_and_preserves_flat_pictures() -> None:
    flat = torch.full((2, 3, 10, 21), 0.6)
    torch.testing.assert_close(Blur(radius=2.0).corrupt(flat, PICTURE), flat)
    point = torch.zeros(1, 1, 21, 21)
    point[..., 10, 10] = 1
    blurred = Blur(radius=2.0).corrupt(point, PICTURE)[0, 0]
    offsets = torch.arange(21) - 10.0
    assert float(blurred.sum()) == pytest.approx(1, abs=0.01)
    assert float((blurred.sum(0) * offsets**2).sum()) == pytest.approx(4, rel=0.05)
    torch.testing.assert_close(blurred, blurred.T)
    assert Blur(radius=20.0).corrupt(pictures(2), PICTURE).isfinite().all()


def test_whole_columns_are_dropped_as_missing() -> None:
    x = TABLE.prepare(torch.tensor([[2.0, 0.5, 1.0]]).repeat(2_000, 1))
    seen = DroppedColumns(share=0.3).corrupt(x, TABLE)
    gone = seen.isnan()
    assert torch.equal(seen[~gone], x[~gone])
    assert float(gone.float().mean(0).sub(0.3).abs().max()) < 0.05
    for first, last in ((1, 3), (4, 5)):  # length, then the categories of kind, then those of colour
        assert torch.equal(gone[:, first], gone[:, last])
    agreement = [float((gone[:, i] == gone[:, j]).float().mean()) for i, j in ((0, 1), (0, 4), (1, 4))]
    assert all(share == pytest.approx(0.58, abs=0.05) for share in agreement)


def test_consecutive_steps_are_dropped_with_all_channels() -> None:
    x = torch.rand(4_000, 30, 2)
    seen = DroppedSteps(share=0.3, length=5).corrupt(x, TABLE)
    gone = seen.isnan()
    assert torch.equal(seen[~gone], x[~gone])
    assert torch.equal(gone[..., 0], gone[..., 1])
    steps = gone[..., 0].float()
    assert float(steps.mean(0).sub(0.3).abs().max()) < 0.04
    starts = (steps[:, 1:] > steps[:, :-1]).sum() + steps[:, 0].sum()
    assert 5 < float(steps.sum() / starts) < 5 / 0.7  # stretches can touch, and are cut at the ends


def test_hidden_words_become_unknown_and_padding_stays() -> None:
    seen = WordDropout(share=0.3).corrupt(TEXTS, TEXT)
    ids = TEXT.restore(seen)
    hidden = ids == UNKNOWN
    assert np.array_equal(ids[~hidden], TEXT.restore(TEXTS)[~hidden])
    assert not hidden[:, 4].any()
    assert hidden[:, :4].mean(0) == pytest.approx(0.3, abs=0.05)
    assert torch.equal(seen.isnan(), TEXTS.isnan())


def test_masked_words_have_no_token() -> None:
    seen = Masking(share=0.3).corrupt(TEXTS, TEXT)
    gone = (seen == 0).all(2)
    assert float(gone[:, :4].float().mean()) == pytest.approx(0.3, abs=0.03)
    assert torch.equal(seen[~gone].nan_to_num(), TEXTS[~gone].nan_to_num())


@pytest.mark.parametrize("kind", [GaussianNoise, SaltAndPepper])
def test_noise_does_not_fit_texts(kind: type[CorruptionSettings]) -> None:
    assert not kind().fits(TEXT)
    assert kind().fits(PICTURE)


def test_dropped_fields_hide_whole_fields_but_never_all_of_a_sample() -> None:
    x = {"picture": pictures(4000), "row": torch.rand(4000, 6)}
    x["row"][:1000] = torch.nan
    seen = DroppedFields(share=0.4).corrupt_all(x, {"picture": PICTURE, "row": TABLE})
    hidden = {name: values.flatten(1).isnan() for name, values in seen.items()}
    for mask in hidden.values():
        assert torch.equal(mask.any(1), mask.all(1))
    picture, row = (mask.all(1) for mask in hidden.values())
    assert not (picture & row).any()
    assert not picture[:1000].any()
    assert float(picture[1000:].float().mean()) == pytest.approx(0.4 - 0.4**2 / 2, abs=0.03)
    assert torch.equal(seen["picture"][~picture], x["picture"][~picture])


def test_noise_is_added_with_its_deviation() -> None:
    x = pictures()
    noise = GaussianNoise(noise=0.7).corrupt(x, PICTURE) - x
    assert kstest(noise.flatten().numpy() / 0.7, "norm").pvalue > 0.01
    assert not torch.equal(GaussianNoise(noise=0.7).corrupt(x, PICTURE) - x, noise)


def test_masked_pixels_lose_all_their_channels_and_the_others_stay() -> None:
    x = pictures()
    seen = Masking(share=0.3).corrupt(x, PICTURE)
    gone = seen == 0
    assert torch.equal(gone.any(1), gone.all(1))
    assert torch.equal(seen[~gone], x[~gone])
    assert float(gone.float().mean()) == pytest.approx(0.3, abs=0.01)
