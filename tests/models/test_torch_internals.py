"""What is used of PyTorch besides its public functions still does what it is used for."""

import pytest
import torch
from torch import nn

from aeexplorer.models.torch_internals import add_each_, compile_gradients, is_operator, lerp_each_, sign_each, storage_key


def test_tensors_are_changed_in_place_as_by_single_operations() -> None:
    tensors = [torch.tensor([1.0, -2.0]), torch.tensor([[3.0]])]
    values = [torch.tensor([10.0, 20.0]), torch.tensor([[30.0]])]
    before = [tensor.clone() for tensor in tensors]
    add_each_(tensors, values, 0.5)
    assert [t.tolist() for t in tensors] == [(b + 0.5 * v).tolist() for b, v in zip(before, values, strict=True)]
    add_each_(tensors, 1)
    assert [t.tolist() for t in tensors] == [(b + 0.5 * v + 1).tolist() for b, v in zip(before, values, strict=True)]
    assert [s.tolist() for s in sign_each(before)] == [[1.0, -1.0], [[1.0]]]
    lerp_each_(before, values, 0.25)
    assert [b.tolist() for b in before] == [[1 + 0.25 * 9, -2 + 0.25 * 22], [[3 + 0.25 * 27]]]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_views_share_the_key_of_their_storage(device: str) -> None:
    tensor, other = torch.empty(4, device=device), torch.empty(4, device=device)
    assert storage_key(tensor) == storage_key(tensor[1:])
    assert storage_key(tensor) != storage_key(other)


def test_nodes_of_an_exported_graph_are_operators() -> None:
    program = torch.export.export(nn.Linear(2, 3), (torch.ones(1, 2),))
    targets = [node.target for node in program.graph.nodes if node.op == "call_function"]
    assert targets
    assert all(is_operator(target) for target in targets)
    assert not is_operator(len)


def test_gradients_can_be_compiled() -> None:
    before = torch._dynamo.config.trace_autograd_ops
    try:
        compile_gradients()
        assert torch._dynamo.config.trace_autograd_ops is True
    finally:
        torch._dynamo.config.trace_autograd_ops = before
