"""Gradient checkpointing: less is kept, and every gradient, draw and running average is the same to the bit."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from kinema.errors import KinemaError, RunError
from kinema.machine import Machine
from kinema.models import ClipSpec, Network, create_model
from kinema.recipe import Recipe
from kinema.training.recompute import checkpoint_blocks, find_blocks
from kinema.training.train import train
from tests.conftest import TINY
from tests.models.test_drop_path import SMALL
from tests.training.common import HERE, same, weights

CLIP = ClipSpec(frames=4, height=32, width=32)


def step(network: Network) -> tuple[dict[str, torch.Tensor], int]:
    """All that a step leaves in a network, and how many bytes were kept for its gradient."""
    kept: dict[int, int] = {}

    def pack(saved: torch.Tensor) -> torch.Tensor:
        kept[saved.untyped_storage().data_ptr()] = saved.untyped_storage().nbytes()
        return saved

    torch.manual_seed(5)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
        loss = network(torch.randn(4, *CLIP.shape_CTHW)).square().mean()
    loss.backward()
    gradients = {name: value.grad for name, value in network.named_parameters() if value.grad is not None}
    return {**gradients, **dict(network.named_buffers(prefix="buffer"))}, sum(kept.values())


@pytest.mark.parametrize("name", SMALL)
def test_a_step_leaves_the_same_and_keeps_less(name: str) -> None:
    plain = create_model(name, 3, clip=CLIP, drop_path=0.4, **SMALL[name]).train()
    forgetful = deepcopy(plain)
    assert checkpoint_blocks(forgetful)
    assert forgetful.state_dict().keys() == plain.state_dict().keys()
    (expected, all_bytes), (found, few_bytes) = step(plain), step(forgetful)
    assert same(expected, found)
    assert few_bytes < 0.7 * all_bytes


def test_every_stage_of_a_residual_network_is_made_of_blocks() -> None:
    names = [name for name, _ in find_blocks(create_model("i3d+se-resnet18", 3, clip=CLIP))]
    blocks = [f"backbone.stages.{stage}.{block}" for stage in range(1, 5) for block in (0, 1)]
    assert names == ["backbone.stem", *blocks]


@pytest.mark.slow
def test_training_ends_with_the_same_weights(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "plain"), drop_path=0.3, ema=0.9, **{**TINY, "epochs": 1})
    plain = weights(train(recipe, HERE, quiet=True).path)
    other = replace(recipe, out=str(tmp_path / "less"))
    assert same(plain, weights(train(other, replace(HERE, gradient_checkpointing=True), quiet=True).path))


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(RunError, match="no blocks"):
        checkpoint_blocks(nn.Linear(2, 2))
    with pytest.raises(KinemaError, match="not both"):
        Machine(compile=True, gradient_checkpointing=True)
