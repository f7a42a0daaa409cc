"""Decoding gives stored units, in any number of batches."""

import numpy as np

from aeexplorer.analysis.decoding import BATCH, decode, field_of, text_rows


def test_many_latents_decode_each_as_if_alone(trained) -> None:
    run = trained.runs["vae"]
    latents = np.random.default_rng(0).normal(size=(BATCH + 3, 2)).astype(np.float32)
    pictures = decode(run, latents)["image"]
    assert pictures.shape == (BATCH + 3, 1, 8, 8)
    assert pictures.dtype == np.uint8
    for i in (0, BATCH, BATCH + 2):
        assert np.abs(decode(run, latents[i : i + 1])["image"][0].astype(int) - pictures[i]).max() <= 1


def test_a_decoded_latent_is_the_reconstruction(trained) -> None:
    run = trained.runs["ae"]
    ids = np.array([5, 8])
    decoded = decode(run, run.latents(ids))["table"]
    expected = run.model.modalities["table"].restore(run.reconstruct(ids)[1]["table"])
    assert np.allclose(decoded, expected, atol=1e-4)
    assert text_rows(run, "table", {"table": decoded})[1][0] == ("length", f"{decoded[1, 0]:.4g}")


def test_fields_are_found_by_modality(trained) -> None:
    assert field_of(trained.runs["vae"], "image") == "image"
    assert field_of(trained.runs["vae"], "tabular") is None
    assert field_of(trained.runs["ae"], "tabular") == "table"
