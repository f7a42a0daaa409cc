"""Decoding to stored units, in one batch and in several."""

import numpy as np

from aeexplorer.analysis.decoding import BATCH_SIZE, decode, first_field, text_rows


def test_batches_decode_like_single_latents(trained) -> None:
    run = trained.runs["vae"]
    latents = np.random.default_rng(0).normal(size=(BATCH_SIZE + 3, 2)).astype(np.float32)
    pictures = decode(run, latents)["image"]
    assert pictures.shape == (BATCH_SIZE + 3, 1, 8, 8)
    assert pictures.dtype == np.uint8
    for i in (0, BATCH_SIZE, BATCH_SIZE + 2):
        assert np.abs(decode(run, latents[i : i + 1])["image"][0].astype(int) - pictures[i]).max() <= 1


def test_a_decoded_latent_is_the_reconstruction(trained) -> None:
    run = trained.runs["ae"]
    ids = np.array([5, 8])
    decoded = decode(run, run.latents(ids))["table"]
    expected = run.model.modalities["table"].restore(run.reconstruct(ids)[1]["table"])
    assert np.allclose(decoded, expected, atol=1e-4)
    assert text_rows(run, "table", {"table": decoded})[1][0] == ("length", f"{decoded[1, 0]:.4g}")


def test_first_field_of_a_modality(trained) -> None:
    assert first_field(trained.runs["vae"], "image") == "image"
    assert first_field(trained.runs["vae"], "tabular") is None
    assert first_field(trained.runs["ae"], "tabular") == "table"
