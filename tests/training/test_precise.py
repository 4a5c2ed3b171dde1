"""Precise batch norm: the statistics of many batches are those that one batch of them all would have."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from kinema.data.dataset import Steps
from kinema.recipe import Recipe
from kinema.training.precise import compute_statistics, last_steps, learning_norms
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import HERE, weights


def test_many_batches_count_as_one() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.BatchNorm3d(3), nn.Dropout(0.9), nn.BatchNorm3d(3)).double()
    network[2].eval()  # frozen
    clips_NCTHW = torch.randn(12, 3, 2, 4, 4, dtype=torch.float64) * torch.arange(1, 13).view(-1, 1, 1, 1, 1)
    compute_statistics(network, clips_NCTHW.split([1, 4, 7]), learning_norms(network))
    assert torch.allclose(network[0].running_mean, clips_NCTHW.mean((0, 2, 3, 4)), rtol=1e-12, atol=1e-12)
    assert torch.allclose(network[0].running_var, clips_NCTHW.transpose(0, 1).flatten(1).var(1), rtol=1e-12)
    assert torch.equal(network[2].running_mean, torch.zeros(3, dtype=torch.float64))
    assert [layer.training for layer in network] == [True, True, False]
    assert (network[0].momentum, int(network[0].num_batches_tracked)) == (0.1, 0)


def test_later_layers_see_what_earlier_ones_make_of_a_batch() -> None:
    network = nn.Sequential(nn.BatchNorm3d(1), nn.BatchNorm3d(1))
    batches = [torch.randn(4, 1, 2, 3, 3) * scale + scale for scale in (1, 50)]
    compute_statistics(network, batches, ["0", "1"])
    assert network[1].running_mean.item() == pytest.approx(0, abs=1e-6)
    assert network[1].running_var.item() == pytest.approx(1, abs=0.02)  # each batch was normalised by itself


def test_the_last_steps_show_as_many_clips_as_asked_but_no_more_than_an_epoch() -> None:
    steps = Steps(clips=40, batch=8, total=50, seed=0)
    assert [(found.first, found.total) for found in (last_steps(steps, 10, clips) for clips in (1, 8, 9, 900))] == [
        (9, 10), (9, 10), (8, 10), (5, 10)]


@pytest.mark.slow
def test_the_weights_that_are_kept_have_the_statistics_of_the_clips(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), precise_norm=1000, ema=0.5, **{**TINY, "epochs": 1})
    kept = weights(train(recipe, HERE, quiet=True).path)
    other = replace(recipe, out=str(tmp_path / "other"), precise_norm=0)
    without = weights(train(other, HERE, quiet=True).path)
    moved = {name for name in kept if not torch.equal(kept[name], without[name])}
    assert moved == {name for name in kept if "running" in name}
    assert min(float(kept[name].min()) for name in kept if "running_var" in name) > 0
