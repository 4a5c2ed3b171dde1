"""The recipes of the study of 288 networks: their values are the published ones, and each builds what it trains."""

import json
import re
from pathlib import Path

import pytest
import torch

from kinema.recipe import read_recipe
from kinema.runs import Run, build_network
from tests.cli.test_cli import kinema
from tests.conftest import TINY

FOLDER = Path(__file__).parents[2] / "recipes" / "paper"
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "study")
LENGTHS = (8, 16, 32, 64)
SETS = {"mini-ssv2": ("mini_st2stv2", 75, 35), "mini-kinetics": ("mini_kinetics400", 100, 45)}
NAME = re.compile(r"-(cosine|multisteps)(-syncbn)?-bs(\d+)-e(\d+)\*?$")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recipe_builds_its_network_for_its_clip(path: Path) -> None:
    recipe = read_recipe(path)
    with torch.device("meta"):
        network = build_network(recipe, ("a", "b", "c")).eval()
        with torch.no_grad():
            assert network(torch.empty(1, *recipe.clip.shape_CTHW)).shape == (1, 3)
    assert (recipe.validation, recipe.dropout, recipe.optimizer, recipe.momentum) == (0, 0.5, "sgd", 0.9)


@pytest.mark.parametrize("name", SETS)
def test_the_values_are_those_of_section_5(name: str) -> None:
    _, first, more = SETS[name]
    recipes = [read_recipe(FOLDER / f"{name}-{frames}.yaml", model="i3d-resnet18") for frames in LENGTHS]
    assert [recipe.frames for recipe in recipes] == [*LENGTHS]
    assert [recipe.batch for recipe in recipes] == [72, 60, 48, 36]
    assert [recipe.epochs for recipe in recipes] == [first, more, more, more]
    assert [recipe.schedule for recipe in recipes] == ["cosine", "steps", "steps", "steps"]
    for recipe in recipes:
        assert (recipe.lr, recipe.weight_decay, recipe.decay, recipe.nesterov) == (0.01, 5e-4, "all", False)
        assert (recipe.augment.crop, recipe.sampling, recipe.size, recipe.warmup) == ("multiscale", "uniform", 224, 0)
        assert recipe.schedule == "cosine" or [round(part * recipe.epochs, 3) for part in recipe.milestones] == [15, 30]
    assert [recipe.start for recipe in recipes] == [None, *(recipe.out for recipe in recipes[:-1])]
    assert recipes[0].out == f"runs/{name}/i3d-resnet18-8"


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_the_values_are_those_of_every_published_network(name: str, shared: Path) -> None:
    rows = [row for row in json.loads((shared / "tables" / "mini_benchmark.json").read_text())
            if row["dataset"] == SETS[name][0]]
    assert len(rows) == 96
    batches: dict[int, set[int]] = {frames: set() for frames in LENGTHS}
    for row in rows:
        found = NAME.search(row["name"])
        assert found, row["name"]
        schedule, together, batch, epochs = found.groups()
        recipe = read_recipe(FOLDER / f"{name}-{row['frames']}.yaml")
        assert (recipe.schedule, recipe.epochs) == ({"multisteps": "steps"}.get(schedule, schedule), int(epochs))
        assert (together is not None) == (batch == "36")
        batches[row["frames"]].add(int(batch))
    assert all(read_recipe(FOLDER / f"{name}-{frames}.yaml").batch in batches[frames] for frames in LENGTHS)


def test_the_full_and_the_transfer_recipes_are_those_of_section_6() -> None:
    full = read_recipe(FOLDER / "full-kinetics.yaml")
    assert (full.frames, full.stride, full.sampling, full.size, full.clip.resize) == (32, 2, "dense", 256, 256)
    for data in ("ucf101", "hmdb51", "jester", "mini-ssv2"):
        recipe = read_recipe(FOLDER / f"transfer-{data}.yaml")
        assert (recipe.epochs, recipe.lr, recipe.schedule, recipe.batch) == (45, 0.01, "cosine", 48)
        assert (recipe.frames, recipe.start) == (32, full.out)


@pytest.mark.slow
def test_one_command_trains_a_chain(motion: Path, tmp_path: Path) -> None:
    recipes = [word for frames in (8, 16) for word in ("-r", FOLDER / f"mini-ssv2-{frames}.yaml")]
    small = ["--model", TINY["model"], "--size", "32", "--batch", "16", "--epochs", "1"]
    options = ["--accelerator", "cpu", "--workers", "0", "--out", tmp_path / "runs"]
    text = kinema("train", motion, *recipes, *small, *options)
    first, second = (Run.open(tmp_path / "runs" / f"mini-ssv2-{frames}") for frames in (8, 16))
    assert second.recipe.start == str(first.path)
    assert (first.clip.frames, second.clip.frames) == (8, 16)
    assert text.count("Trained") == 2
    assert kinema("train", motion, *recipes, *small, *options).count("Trained") == 2  # nothing is trained again
    two = ["-r", FOLDER / "full-ssv2.yaml"] * 2
    assert "Two recipes have one folder" in kinema("train", motion, *two, code=2)


def test_a_recipe_in_a_file_finds_the_run_of_its_network(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("data: clips\nout: runs/{model}-{seed}\nstart: runs/{model}\n")
    recipe = read_recipe(tmp_path / "recipe.yaml", model="tsm-resnet18", seed=3)
    assert (recipe.out, recipe.start) == ("runs/tsm-resnet18-3", "runs/tsm-resnet18")
