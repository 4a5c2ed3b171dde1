"""Transfer: frozen stages, the rate of each stage, learning from a teacher; alone, resumed, and on two processes."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from kinema.errors import RunError
from kinema.models import create_model
from kinema.recipe import Recipe
from kinema.training.optimizer import parameter_groups, rate_of_part
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import COMMAND, HERE, same, weights

PLAIN: dict[str, Any] = {**TINY, "epochs": 1, "validation": 0.0, "dropout": 0.0}


@pytest.fixture(scope="module")
def switched(motion: Path, tiny_run: Path) -> dict[str, Any]:
    """Every switch of a transfer at once."""
    return {**PLAIN, "data": str(motion), "start": str(tiny_run), "frozen": 1, "layer_decay": 0.5, "head_lr": 10.0,
            "distil": str(tiny_run), "temperature": 3.0}


def test_frozen_stages_end_as_they_began(motion: Path, tiny_run: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), start=str(tiny_run), frozen=2, **PLAIN)
    began = load_file(tiny_run / "best.safetensors")
    ended = weights(train(recipe, HERE, quiet=True).path)
    held = [name for name in ended if "stem" in name or "stages.1." in name or "stages.2." in name]
    assert held
    for name, value in ended.items():
        assert torch.equal(value, began[name]) == (name in held), name


def test_each_stage_has_its_rate() -> None:
    network = create_model("tam-resnet_tiny", 3)
    groups = parameter_groups(network, Recipe("clips", layer_decay=0.5, head_lr=7.0, weight_decay=0.1))
    scale = {id(parameter): group["scale"] for group in groups for parameter in group["params"]}
    found = {name: scale[id(parameter)] for name, parameter in network.named_parameters()}
    assert {name: found[f"backbone.{name}"] for name in ("stem.bn.weight", "stages.1.0.branch.conv1.weight",
                                                         "stages.4.0.branch.bn2.bias")} == {
        "stem.bn.weight": 0.5**5, "stages.1.0.branch.conv1.weight": 0.5**4, "stages.4.0.branch.bn2.bias": 0.5}
    assert found["classifier.weight"] == found["classifier.bias"] == 7
    assert {group["weight_decay"] for group in groups} == {0.1, 0.0}
    assert {group["weight_decay"] for group in parameter_groups(network, Recipe("clips", decay="all"))} == {0.05}
    assert [rate_of_part(part, 4, 0.1, 2) for part in range(4)] == pytest.approx([0.01, 0.1, 1, 2])


@pytest.mark.slow
def test_a_network_that_answers_as_its_teacher_has_nothing_to_learn(
    motion: Path, tiny_run: Path, tmp_path: Path
) -> None:
    own = {"start": str(tiny_run), "distil": str(tiny_run), "frozen": -1, "weight_decay": 0.0, "optimizer": "sgd"}
    for name, weight in (("taught", 1.0), ("told", 0.5)):
        recipe = Recipe(str(motion), out=str(tmp_path / name), distil_weight=weight, **own, **PLAIN)
        learnt = weights(train(recipe, HERE, quiet=True).path)
        began = load_file(tiny_run / "best.safetensors")
        change = (learnt["classifier.weight"] - began["classifier.weight"]).abs().max()
        assert (change < 1e-6) == (name == "taught")


@pytest.mark.slow
def test_all_at_once_survives_a_stop(switched: dict[str, Any], tmp_path: Path) -> None:
    whole = train(Recipe(out=str(tmp_path / "whole"), **switched), HERE, quiet=True).path
    stopped = tmp_path / "stopped"
    calls: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kinema.training.course.together", lambda fabric, asked: calls.append(1) or len(calls) == 3)
        with pytest.raises(KeyboardInterrupt):
            train(Recipe(out=str(stopped), **switched), HERE, quiet=True)
    assert torch.load(stopped / "last.pt", weights_only=True)["step"] == 3
    train(Recipe(out=str(stopped), **switched), HERE, quiet=True)
    assert same(weights(whole), weights(stopped))


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(switched: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe(out=str(tmp_path / "one"), optimizer="sgd", lr=0.01, precision="64-true", **switched)
    one = weights(train(recipe, HERE, quiet=True).path)
    from kinema.recipe import write_recipe

    write_recipe(replace(recipe, out=str(tmp_path / "two")), tmp_path / "recipe.yaml")
    command = [*COMMAND, "--recipe", str(tmp_path / "recipe.yaml"), "--accelerator", "cpu", "--workers", "0"]
    subprocess.run([*command, "--devices", "2"], check=True, capture_output=True, timeout=300)
    two = weights(tmp_path / "two")
    assert max(float((one[name].double() - two[name].double()).abs().max()) for name in one) < 1e-9


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"frozen": 9}, "frozen is 9; tam-resnet_tiny has 4 stages"), ({"distil": "nowhere"}, "nowhere is no run"),
     ({"layer_decay": 0.0}, "layer_decay is 0.0; it must be above 0"), ({"head_lr": -1.0}, "head_lr is -1.0"),
     ({"distil": "{tmp}/run/best.safetensors"}, "which --restart would delete")],
)  # fmt: skip
def test_what_cannot_be_is_told_before_anything_is_written(
    wrong: dict[str, Any], told: str, motion: Path, tmp_path: Path
) -> None:
    wrong = {name: value.format(tmp=tmp_path) if isinstance(value, str) else value for name, value in wrong.items()}
    with pytest.raises(Exception, match=told):
        train(Recipe(str(motion), out=str(tmp_path / "run"), **wrong, **PLAIN), HERE, quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_teacher_of_other_classes_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    from kinema.training.distil import teacher_of

    with pytest.raises(RunError, match=r"cannot teach \(distil\): it does not know 1 of the 2 classes: jump"):
        teacher_of(Recipe("clips", distil=str(tiny_run)), ("left", "jump"))
