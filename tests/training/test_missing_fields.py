"""Training on samples some of which lack a field, from the first step to the results."""

import numpy as np
import pyarrow as pa
import torch

from aeexplorer.analysis.samples.reconstruction import reconstructions
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.estimate import estimate

N = 96


def test_samples_without_a_field_are_trained_and_measured_on_the_other_fields(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    shade = rng.random(N)
    pixels = np.rint(255 * np.clip(shade[:, None, None, None] + rng.normal(0, 0.02, (N, 1, 8, 8)), 0, 1)).astype(np.uint8)
    rows = np.stack([shade, 1 - shade], 1).astype(np.float32)
    split = (np.arange(N) % 6 == 5).astype(np.int8) * 2
    has_picture, has_row = np.arange(N) % 4 != 1, np.arange(N) % 4 != 2
    pixels[~has_picture], rows[~has_row] = 0, np.nan
    columns = with_statistics(rows, [column("shade"), column("ink")], split == 0)
    fields = {
        "picture": NewField("image", pixels, {}, has_picture),
        "row": NewField("tabular", rows, {"columns": columns}, has_row),
    }
    dataset = create_dataset(workspace, "pairs", fields, pa.table({"source": ["s"] * N}), split)
    config = config_for("conv-ae", dataset, {"training.epochs": 60, "latent_dim": 2, "channels": 4})
    assert estimate(config, dataset).parameters > 0
    run = create_run(workspace, config, "pairs")
    train(run)

    assert np.isfinite(run.errors).all()
    assert np.isfinite(run.metrics["test"]["mse"])
    assert np.isfinite(run.metrics["pca"]["mse"])
    ids = np.array([0, 1, 2], np.int32)
    samples = reconstructions(run, ids)
    assert samples.missing["picture"].tolist() == [False, True, False]
    assert samples.missing["row"].tolist() == [False, False, True]
    assert np.isnan(samples.differences["picture"][1]).all()
    x, back = run.reconstruct(ids)
    picture, row = (((back[name] - x[name]) ** 2).flatten(1).mean(1) for name in ("picture", "row"))
    expected = torch.stack([(picture[0] + row[0]) / 2, row[1], picture[2]])
    np.testing.assert_allclose(run.errors[ids], expected, rtol=1e-3)
    dark = np.flatnonzero(~has_picture & (shade < 0.3))
    bright = np.flatnonzero(~has_picture & (shade > 0.7))
    brightness = run.reconstruct(np.concatenate([dark, bright]))[1]["picture"].flatten(1).mean(1).numpy()
    assert brightness[: len(dark)].mean() < brightness[len(dark) :].mean() - 0.2  # the row says how bright the picture is
    whole = np.flatnonzero(has_picture & has_row).astype(np.int32)
    alone = reconstructions(run, whole, ["row"])
    assert np.corrcoef(alone.outputs["picture"].mean((1, 2, 3)), shade[whole])[0, 1] > 0.8
    flipped = {"picture": run.model.prepare(run.raw(whole[::-1].copy()))["picture"], "row": run.reconstruct(whole)[0]["row"]}
    with torch.inference_mode():
        same = run.model(flipped, seen={"row": flipped["row"]}).reconstruction["picture"]
    np.testing.assert_allclose(run.reconstruct(whole, ["row"])[1]["picture"], same, atol=1e-5)
