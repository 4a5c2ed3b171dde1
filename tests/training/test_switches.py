"""Every switch of a recipe and of a machine, through a whole small training."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinema.data.clips import read_table
from kinema.data.transforms import Augment
from kinema.recipe import Recipe
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import HERE, same, weights

SWITCHES = {
    "bf16": {"precision": "bf16-mixed"}, "accumulate": {"accumulate": 2}, "weights": {"balance": "weights"},
    "sampling": {"balance": "sampling"}, "smooth": {"label_smoothing": 0.1}, "clip": {"clip_gradient": 0.1},
    "steps": {"schedule": "steps", "milestones": (0.25,)}, "constant": {"schedule": "constant"},
    "sgd": {"optimizer": "sgd"}, "mixup": {"mixup": 0.4}, "ema": {"ema": 0.9}, "difference": {"input": "difference"},
    "cutmix": {"cutmix": 1.0}, "drop_path": {"drop_path": 0.5}, "repeats": {"repeats": 2},
    "precise": {"precise_norm": 16}, "randaugment": {"augment": Augment(randaugment=2)},
    "erase": {"augment": Augment(erase=1.0)},
    "decay": {"decay": "all"}, "layers": {"layer_decay": 0.5}, "head": {"head_lr": 10.0},
    "sigmoid": {"loss": "sigmoid"},
}  # fmt: skip


@pytest.fixture(scope="module")
def uneven(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list in which half of the classes have more clips than the others."""
    table, folder = read_table(motion), tmp_path_factory.mktemp("uneven")
    table.subset(i for i in range(len(table)) if i // 12 % 2 or i % 12 < 6).to_csv(folder / "list.csv")
    return folder / "list.csv"


@pytest.fixture(scope="module")
def plain(uneven: Path, motion: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """The weights that a training without any switch ends with."""
    return learnt(uneven, motion, tmp_path_factory.mktemp("plain") / "run", {})


def learnt(data: Path, root: Path, out: Path, switch: dict) -> dict[str, torch.Tensor]:
    """The weights that a training ends with."""
    recipe = Recipe(str(data), root=str(root), out=str(out), **{**TINY, **switch})
    return weights(train(recipe, HERE, quiet=True).path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_changes_what_is_learnt(name: str, uneven: Path, motion: Path, tmp_path: Path, plain: dict) -> None:
    found = learnt(uneven, motion, tmp_path / "run", SWITCHES[name])
    assert all(bool(value.isfinite().all()) for value in found.values())
    assert found.keys() == plain.keys()
    assert not same(found, plain)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a compiler, here g++")
def test_a_compiled_network_learns_the_same(motion: Path, tmp_path: Path) -> None:
    exact = {"precision": "64-true", "optimizer": "sgd", "dropout": 0.0}  # whose draws a compiler makes its own way
    recipe = Recipe(str(motion), out=str(tmp_path / "a"), **exact, **{**TINY, "epochs": 1})  # type: ignore[arg-type]
    plain = weights(train(recipe, HERE, quiet=True).path)
    other = replace(recipe, out=str(tmp_path / "b"))
    compiled = weights(train(other, replace(HERE, compile=True), quiet=True).path)
    assert max(float((compiled[name] - plain[name]).double().abs().max()) for name in plain) < 1e-9
