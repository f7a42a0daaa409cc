"""Fusions, by hand."""

import torch

from aeexplorer.models.fusions.average import Average, AverageFusion


def fusion() -> AverageFusion:
    """Two fields of widths 1 and 2; their tokens t become (t, 2t) and (t₁, t₂) + (1, 1)."""
    fused, width = Average().build({"a": 1, "b": 2})
    assert isinstance(fused, AverageFusion)
    assert width == 2
    weights = {
        "project.a.weight": torch.tensor([[1.0], [2.0]]),
        "project.a.bias": torch.zeros(2),
        "project.b.weight": torch.eye(2),
        "project.b.bias": torch.ones(2),
    }
    fused.load_state_dict(weights)
    return fused


def test_fields_are_projected_and_averaged() -> None:
    fused = fusion()({"a": torch.tensor([[[3.0]]]), "b": torch.tensor([[[5.0, 7.0]]])}, {})
    assert fused.tolist() == [[[(3 + 6) / 2, (6 + 8) / 2]]]


def test_a_missing_field_leaves_the_mean_to_the_others() -> None:
    tokens = {"a": torch.full((4, 1, 1), 3.0), "b": torch.tensor([5.0, 7.0]).expand(4, 1, 2)}
    has_a, has_b = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
    fused = fusion()(tokens, {"a": has_a, "b": has_b})
    assert fused[:, 0].tolist() == [[4.5, 7.0], [3.0, 6.0], [6.0, 8.0], [0.0, 0.0]]
    assert fusion()(tokens, {"b": has_b})[:, 0].tolist() == [[4.5, 7.0], [3.0, 6.0], [4.5, 7.0], [3.0, 6.0]]


def test_a_single_field_passes_unchanged() -> None:
    fused, width = Average().build({"a": 3})
    tokens = torch.randn(4, 2, 3)
    assert width == 3
    assert torch.equal(fused({"a": tokens}, {}), tokens)
