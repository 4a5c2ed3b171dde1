"""Trainings in multigrid: the same clips for every number of processes, the same weights after every interruption."""

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from kinema.data.cache import ClipCache
from kinema.data.clips import read_table
from kinema.data.dataset import ProblemLog, TrainingClips, make_loader
from kinema.data.transforms import Augment, train_transform
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe, write_recipe
from kinema.training.grids import GridClips, GridSteps, multigrid_of
from kinema.training.log import read_csv
from kinema.training.multigrid import Multigrid, Shape
from kinema.training.norm import globalise, regroup
from kinema.training.schedule import learning_rate
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import COMMAND, EVERY_SWITCH, HERE, logs_agree, same, weights

FULL = Shape(8, 32, 32)


def steps_of(clips: int, batch: int, total: int, first: int = 0, *share: int, repeats: int = 1) -> GridSteps:
    return GridSteps(clips, batch, total, 0, first, *share, repeats=repeats, multigrid=Multigrid(FULL, "both"))


@given(st.integers(4, 60), st.sampled_from([(1, 1), (2, 1), (1, 2), (2, 2)]), st.integers(1, 40), st.data())
@settings(deadline=None, max_examples=40)
def test_processes_share_every_group_and_a_resumed_run_goes_on_with_the_same_clips(
    clips: int, share: tuple[int, int], total: int, data: st.DataObject
) -> None:
    processes, accumulate = share
    batch = min(4, clips)
    whole = list(steps_of(clips, batch, total, 0, accumulate))
    parts = [list(steps_of(clips, batch, total, 0, accumulate, rank, processes)) for rank in range(processes)]
    group, each = batch // accumulate, batch // (accumulate * processes)
    for number, keys in enumerate(whole):
        for start in range(len(keys) // group):  # what batch norm looks at alone
            mine = [key for part in parts for key in part[number][start * each : (start + 1) * each]]
            assert mine == keys[start * group : (start + 1) * group]
    first = data.draw(st.integers(0, total))
    assert list(steps_of(clips, batch, total, first, accumulate)) == whole[first * accumulate :]


def test_every_epoch_sees_every_clip_once() -> None:
    keys = [key for batch in steps_of(50, 4, 60) for key in batch]
    for epoch in range(len(keys) // 50):
        assert sorted(index for number, index, _ in keys if number == epoch) == list(range(50))
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)


def test_repeats_show_every_clip_so_often_and_no_view_twice() -> None:
    keys = [key for batch in steps_of(50, 4, 60, repeats=2) for key in batch]
    views = [(epoch, index) for epoch, index, _ in keys]
    assert len(set(views)) == len(views)
    for epoch in range(len(keys) // 100):
        assert sorted(index for number, index in views if number // 2 == epoch) == sorted([*range(50)] * 2)
    assert all([index for _, index in views[k : k + 2]] == [index for _, index in views[k + 2 : k + 4]]
               for k in range(0, len(views), 4))


def shaped(motion: Path, spec: ClipSpec, shapes: list[Shape]) -> GridClips:
    transform = partial(train_transform, augment=Augment())
    cache, problems = ClipCache(motion.parent / "stored", spec), ProblemLog(motion.parent / "problems.jsonl")
    clips = TrainingClips(read_table(motion).subset(range(12)), spec, transform(spec), cache, 0, problems)
    return GridClips.of(clips, shapes, transform)


def test_a_loader_gives_batches_of_every_shape(motion: Path) -> None:
    steps = steps_of(12, 2, 12)
    clips = shaped(motion, ClipSpec(*FULL), steps.multigrid.shapes())
    grids = [steps.multigrid.grid(step, 12) for step in range(12)]
    found = [tuple(clips_NCTHW.shape) for clips_NCTHW, _ in make_loader(clips, steps, 0)]
    assert found == [(2 * grid.groups, 3, *grid.shape) for grid in grids]
    assert len(set(found)) == 6


def test_fewer_dense_frames_are_further_apart_so_that_some_clips_last_as_long(motion: Path) -> None:
    """And each is drawn by its epoch and index alone."""
    clips = shaped(motion, ClipSpec(6, 32, 32, sampling="dense"), [Shape(6, 32, 32), Shape(2, 16, 16)])
    of_two = clips.by_shape[Shape(2, 16, 16)]
    assert (of_two.longest_stride, clips.by_shape[Shape(6, 32, 32)].longest_stride) == (3, 1)
    read: list[list[int]] = []

    class Watched:
        times_seconds, warnings = torch.arange(8).numpy(), ()

        def read(self, indices: list[int]) -> object:
            read.append(indices)
            return torch.zeros(len(indices), 32, 32, 3, dtype=torch.uint8).numpy()

    of_two.cache.open = lambda path, row, whole=False: Watched()  # type: ignore[method-assign]
    twice = [clips[epoch, 0, Shape(2, 16, 16)] for epoch in (*range(40), *range(40))]
    assert {last - first for first, last in read} == {1, 2, 3}
    assert read[:40] == read[40:]
    assert twice[0][0].shape == (3, 2, 16, 16)


@pytest.mark.parametrize("layer", [nn.BatchNorm3d, nn.BatchNorm1d])
def test_batch_norm_looks_at_each_group_alone_and_remembers_all(layer: type[nn.Module]) -> None:
    shape = (12, 5, 2, 3, 3) if layer is nn.BatchNorm3d else (12, 5)
    x = (torch.randn(shape, dtype=torch.float64) * 3 + 1).requires_grad_()
    norm = globalise(nn.Sequential(layer(5))).double()
    alone = [layer(5, momentum=1.0).double() for _ in range(3)]
    regroup(norm, 3)
    slope = torch.randn(shape, dtype=torch.float64)
    found = norm(x)
    wanted = torch.cat([one(part) for one, part in zip(alone, x.chunk(3), strict=True)])
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(*(torch.autograd.grad((y * slope).sum(), x)[0] for y in (found, wanted)))
    means, variances = (torch.stack([getattr(one, name) for one in alone]) for name in ("running_mean", "running_var"))
    of_all = means.mean(0), variances.mean(0) + means.var(0, correction=0)
    torch.testing.assert_close(norm[0].running_mean, 0.1 * of_all[0])  # type: ignore[arg-type]
    torch.testing.assert_close(norm[0].running_var, 0.9 + 0.1 * of_all[1])  # type: ignore[arg-type]
    assert norm[0].num_batches_tracked == 1
    regroup(norm, 1)
    torch.testing.assert_close(norm(x), layer(5).double()(x))


GRIDS = {**TINY, "multigrid": "both", "epochs": 4, "batch": 4, "accumulate": 2}


@pytest.mark.slow
def test_a_training_takes_the_steps_and_rates_of_its_schedule_and_goes_on_after_a_stop(
    motion: Path, tmp_path: Path
) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "whole"), sampling="dense", ema=0.9, **GRIDS)  # type: ignore[arg-type]
    whole = train(recipe, HERE, quiet=True)
    rows, grids, plain = read_csv(whole.path / "log.csv"), multigrid_of(recipe), 4 * (len(whole.split().train) // 4)
    assert len(rows) == round(plain / grids.saving) < plain / 4
    for step, line in enumerate(rows):
        plain_rate = learning_rate(step, len(rows), recipe.lr, len(rows) / 4)
        assert float(line["lr"]) == pytest.approx(grids.grid(step, len(rows)).rate * plain_rate, rel=1e-5)
    assert read_csv(whole.path / "epochs.csv")[-1]["step"] == str(len(rows))
    stopped, asked = tmp_path / "stopped", iter([False] * 4 + [True])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kinema.training.course.together", lambda fabric, _: next(asked))
        with pytest.raises(KeyboardInterrupt):
            train(replace(recipe, out=str(stopped)), HERE, quiet=True)
    assert torch.load(stopped / "last.pt", weights_only=True)["step"] == 5 < len(rows)
    train(replace(recipe, out=str(stopped)), HERE, quiet=True)
    assert same(weights(whole.path), weights(stopped))


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(motion: Path, tmp_path: Path) -> None:
    """With every other switch on."""
    exact = {**EVERY_SWITCH, "optimizer": "sgd", "lr": 0.002, "precision": "64-true", "dropout": 0.3}
    recipe = Recipe(str(motion), out=str(tmp_path / "one"), **{**GRIDS, **exact, "batch": 8, "epochs": 5})  # type: ignore[arg-type]
    train(recipe, HERE, quiet=True)
    write_recipe(recipe, tmp_path / "recipe.yaml")
    command = [*COMMAND, "--recipe", str(tmp_path / "recipe.yaml"), "--out", str(tmp_path / "two"), "--devices", "2",
               "--gradient-checkpointing"]
    subprocess.run([*command, "--accelerator", "cpu", "--workers", "0"], check=True, capture_output=True, timeout=300)
    assert len(read_csv(tmp_path / "one" / "log.csv")) >= 7
    assert logs_agree(tmp_path / "one", tmp_path / "two")
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert max(float((one[name].double() - two[name].double()).abs().max()) for name in one) < 1e-9
