"""Recipes: written, read, refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from kinema.errors import RunError
from kinema.recipe import Recipe, read_recipe, write_recipe


def test_a_written_recipe_is_read_back(tmp_path: Path) -> None:
    recipe = Recipe("clips", model="tam-resnet50", size=(72, 96), options={"taps": 5}, milestones=(0.3,))
    recipe = replace(recipe, augment=replace(recipe.augment, flip=False))
    write_recipe(recipe, tmp_path / "recipe.yaml")
    assert read_recipe(tmp_path / "recipe.yaml") == recipe


def test_changes_go_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("data: clips\nepochs: 7\n")
    assert read_recipe(tmp_path / "recipe.yaml", epochs=3) == Recipe("clips", epochs=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data: x\nepoch: 3", "Nearest: epochs"),
        ("data: x\noptimizer: adam", "Nearest: adamw"),
        ("data: x\nbatch: 0", "batch is 0"),
        ("data: x\nbatch: 10\naccumulate: 4", "equal parts"),
        ("data: x\naugment: {flipp: true}", "Nearest: flip"),
        ("- 3", "holds no fields"),
        ("data: [", "not YAML"),
        ("data: x\nlr: fast", "expected a number"),
        ("data: x\nepochs: 2.5", "expected a whole number"),
        ("data: x\nlr: -1", "above 0"),
        ("data: x\nprecision: 16", "known are 32"),
        ("data: x\nmilestones: [15, 30]", r"parts of the training.* Nearest: epoch 15 of 30 is 0\.5\."),
        ("data: x\nmilestones: [1.0]", "above 0 and below 1"),
        ("data: x\nmilestones: [a]", "milestones 'a'; expected a number"),
        ("data: x\naugment: {scale: 0.5}", r"scale 0.5; expected 2 numbers in a list"),
        ("data: x\naugment: {scale: [0.5]}", r"scale \[0.5\]; expected 2 numbers in a list"),
        ("data: x\naugment: {scale: [a, b]}", "scale 'a'; expected a number"),
        ("data: x\naugment: {crop: [x]}", r"crop \['x'\]; expected text"),
        ("data: x\naugment: {flip: 3}", "flip 3; expected true or false"),
        ("data: x\ninput: flow\naugment: {brightness: 0.2, saturation: 1e-1}",
         "brightness and saturation change colours, and there are none in 'flow'"),
    ],
)
def test_a_wrong_recipe_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(RunError, match=words):
        read_recipe(tmp_path / "recipe.yaml")


def test_no_file_is_said() -> None:
    with pytest.raises(RunError, match="no recipe nowhere"):
        read_recipe("nowhere.yaml")


def test_yaml_is_read_as_it_is_meant(tmp_path: Path) -> None:
    lines = ("data: x", "lr: 1e-3", "size: 72x96", "warmup: 2", "precision: 32", "clip_gradient: 5")
    (tmp_path / "recipe.yaml").write_text("\n".join(lines))
    recipe = read_recipe(tmp_path / "recipe.yaml")
    assert (recipe.lr, recipe.size, recipe.warmup, recipe.precision) == (1e-3, (72, 96), 2.0, "32")
    assert isinstance(recipe.clip_gradient, float)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"model": 5}, "model 5; expected text"),
        ({"augment": "foo"}, "augment 'foo'; expected values by name"),
        ({"size": [1, 2, 3]}, "size .*; expected a whole number"),
        ({"options": [1]}, r"options \[1\]; expected values by name"),
        ({"causal": "no"}, "causal 'no'; expected true or false"),
        ({"size": None}, "size None; expected a whole number"),
        ({"epochs": True}, "epochs True; expected a whole number"),
        ({"lr": "fast"}, "lr 'fast'; expected a number"),
        ({"milestones": 0.5}, "milestones 0.5"),
    ],
)
def test_a_value_of_another_kind_is_told(values: dict, told: str) -> None:
    with pytest.raises(RunError, match=told):
        Recipe.from_dict({"data": "clips", **values})
