"""Training on several noisy labels a clip, and what is learnt carried over to other classes."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinema.data.clips import read_table
from kinema.errors import RunError
from kinema.recipe import Recipe
from kinema.training.loss import loss_of, shares
from kinema.training.setup import by_sigmoid
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import HERE, same, weights


@pytest.fixture(scope="module")
def weak(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list in which every clip has its own label, every second one more, and every fifth none."""
    table = read_table(motion)
    kinds = len(table.labels)
    named = [{row.labels[0], (row.labels[0] + i % 2 * i) % kinds} if i % 5 else set()
             for i, row in enumerate(table.rows)]
    rows = [replace(row, labels=tuple(sorted(labels))) for row, labels in zip(table.rows, named, strict=True)]
    return replace(table, rows=tuple(rows), multi_label=True).save(tmp_path_factory.mktemp("weak") / "weak.csv")


def test_each_of_k_labels_is_a_target_of_one_kth() -> None:
    """The loss is the mean of the labels' negative log probabilities; a clip without labels teaches nothing."""
    targets_NK = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert shares(targets_NK).tolist() == [[0.5, 0, 0.5], [0, 1, 0], [0, 0, 0]]
    logits_NK = torch.tensor([[math.log(2), 0.0, 0.0], [0.0, math.log(6), 0.0], [5.0, 1.0, 0.0]])
    wanted = ((math.log(4 / 2) + math.log(4)) / 2 + math.log(8 / 6)) / 3
    loss = loss_of(logits_NK, shares(targets_NK), None, 0.0, sigmoid=False)
    assert float(loss) == pytest.approx(wanted)


@pytest.mark.slow
def test_weak_labels_are_learnt_either_way_and_carried_over(weak: Path, motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(weak), out=str(tmp_path / "softmax"), loss="softmax", **{**TINY, "epochs": 1})
    learnt = {how: train(replace(recipe, loss=how, out=str(tmp_path / how)), HERE, quiet=True).path
              for how in ("softmax", "sigmoid")}
    assert not same(weights(learnt["softmax"]), weights(learnt["sigmoid"]))
    assert all(bool(value.isfinite().all()) for value in weights(learnt["softmax"]).values())
    few = read_table(motion)
    few.relabel(few.labels[:4]).save(tmp_path / "few.csv")
    target = Recipe(str(tmp_path / "few.csv"), out=str(tmp_path / "target"), start=str(learnt["softmax"]), lr=1e-9,
                    weight_decay=0.0, **{**TINY, "epochs": 1})
    kept, came = weights(train(target, HERE, quiet=True).path), weights(learnt["softmax"])
    assert kept["classifier.weight"].shape[0] == 4
    stem = next(name for name in came if name.endswith("weight"))
    torch.testing.assert_close(kept[stem], came[stem], rtol=0, atol=1e-6)


def test_classes_compete_where_clips_have_one_label_or_as_told(weak: Path, motion: Path) -> None:
    recipe, several, one = Recipe("clips/"), read_table(weak), read_table(motion)
    assert (by_sigmoid(recipe, several), by_sigmoid(recipe, one)) == (True, False)
    assert not by_sigmoid(replace(recipe, loss="softmax"), several)
    assert by_sigmoid(replace(recipe, loss="sigmoid"), one)


def test_an_unknown_loss_is_told() -> None:
    with pytest.raises(RunError, match=r"loss is 'sofmax'; known are softmax, sigmoid. Nearest: softmax"):
        Recipe("clips/", loss="sofmax")
