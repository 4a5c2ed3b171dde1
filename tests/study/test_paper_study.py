"""The study of Chen et al. (arXiv:2010.11757) as one file: its runs are the 192 published ones."""

import json
import re
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
import torch

from kinema.models import create_model
from kinema.recipe import Recipe, read_recipe
from kinema.runs import build_network
from kinema.study.grid import Study, read_study
from kinema.study.results import parts_of

FOLDER = Path(__file__).parents[2] / "recipes" / "paper"
LENGTHS = (8, 16, 32, 64)
SETS = {"data/mini-ssv2": "mini_st2stv2", "data/mini-kinetics": "mini_kinetics400"}
NAMES = [f"{module}-{backbone}{tp}" for module, backbone, tp in product(
    ("tsn", "tam", "i3d", "s3d"), ("inception_v1", "resnet18", "resnet50"), ("", "-tp"))]
IMAGES = {"inception_v1": "googlenet", "resnet18": "resnet18", "resnet50": "resnet50"}
PUBLISHED = {"InceptionV1": "inception_v1", "ResNet18": "resnet18", "ResNet50": "resnet50"}
SCHEDULES = {"cosine": "cosine", "multisteps": "steps"}


@pytest.fixture(scope="module")
def paper() -> Study:
    return read_study(FOLDER / "study.yaml", "studies/paper")


def by_what(paper: Study) -> dict[tuple[str, str, int], Recipe]:
    return {(recipe.data, recipe.model, recipe.frames): recipe for recipe in paper.recipes}


def test_each_network_is_there_once_at_each_length_on_each_set(paper: Study) -> None:
    assert len(NAMES) == 24
    assert len(paper.recipes) == len({recipe.out for recipe in paper.recipes}) == 192
    assert {*by_what(paper)} == {*product(SETS, NAMES, LENGTHS)}
    assert (paper.protocols, paper.further) == (("1x1",), {})


def test_a_longer_network_starts_from_the_one_before(paper: Study) -> None:
    found = by_what(paper)
    for (data, model, frames), recipe in found.items():
        before = found[data, model, frames // 2].out if frames > 8 else f"imagenet/{IMAGES[backbone_of(model)]}.pth"
        assert recipe.start == before
        assert recipe.mean == recipe.std == ((0.5, 0.5, 0.5) if "inception" in model else None)


def test_what_is_not_the_studys_own_is_its_recipes(paper: Study) -> None:
    own = ("model", "out", "start", "batch", "mean", "std")
    for recipe in paper.recipes:
        values = read_recipe(FOLDER / f"{Path(recipe.data).name}-{recipe.frames}.yaml").to_dict()
        assert {name: value for name, value in recipe.to_dict().items() if name not in own} == {
            name: value for name, value in values.items() if name not in own}


def test_frames_schedule_epochs_and_batch_are_the_published_ones(paper: Study, shared: Path) -> None:
    rows = json.loads((shared / "tables" / "mini_benchmark.json").read_text())
    found, batches = by_what(paper), dict[tuple[str, int], Counter[int]]()
    assert len(rows) == len(found)
    sets = {name: data for data, name in SETS.items()}
    for row in rows:
        backbone = PUBLISHED[row["backbone"]]
        model = f"{row['module'].lower()}-{backbone}{'-tp' * row['tp']}"
        recipe = found[sets[row["dataset"]], model, row["frames"]]
        [(schedule, batch, epochs)] = re.findall(r"-(cosine|multisteps)\S*-bs(\d+)-e(\d+)", row["name"])
        assert (recipe.schedule, recipe.epochs) == (SCHEDULES[schedule], int(epochs))
        batches.setdefault((backbone, row["frames"]), Counter())[int(batch)] += 1
    for recipe in paper.recipes:
        assert recipe.batch == batches[backbone_of(recipe.model), recipe.frames].most_common(1)[0][0]


@pytest.mark.parametrize("name", NAMES)
def test_its_networks_build_and_take_each_others_weights(paper: Study, name: str) -> None:
    own = [recipe for recipe in paper.recipes if recipe.model == name and recipe.data == "data/mini-ssv2"]
    with torch.device("meta"):
        shapes = [shapes_of(build_network(recipe, tuple(map(str, range(87))))) for recipe in own]
        assert shapes_of(create_model(name, 87)) == shapes[0]
    assert all(one == shapes[0] for one in shapes)


def shapes_of(network: torch.nn.Module) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in network.state_dict().items()}


def backbone_of(model: str) -> str:
    return str(parts_of(model)["backbone"])
