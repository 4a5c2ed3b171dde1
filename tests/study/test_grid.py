"""A study is a list of recipes, written down as a grid."""

from pathlib import Path

import pytest

from kinema.errors import DataError, RunError
from kinema.study.grid import read_study

GRID = """
base: {data: clips, size: 32, epochs: 2}
vary:
  - {model: [tsn-resnet_tiny, tam-resnet_tiny], frames: 4, seed: [0, 1]}
  - {model: tam-resnet_tiny, frames: 8, epochs: 1, seed: [0, 1], start: {frames: 4}}
evaluate: [1x1, 1x2]
"""


def study(tmp_path: Path, text: str) -> Path:
    (tmp_path / "study.yaml").write_text(text)
    return tmp_path / "study.yaml"


def test_a_grid_is_a_product_of_lists(tmp_path: Path) -> None:
    found = read_study(study(tmp_path, GRID), tmp_path / "out")
    assert found.protocols == ("1x1", "1x2")
    assert len({recipe.out for recipe in found.recipes}) == len(found.recipes) == 6
    assert [(one.model, one.frames, one.seed) for one in found.recipes[:2]] == [
        ("tsn-resnet_tiny", 4, 0), ("tsn-resnet_tiny", 4, 1)]
    longer = {one.seed: one for one in found.recipes if one.frames == 8}
    begun = {one.seed: one for one in found.recipes if one.model.startswith("tam") and one.frames == 4}
    assert {seed: one.start for seed, one in longer.items()} == {seed: one.out for seed, one in begun.items()}
    places = [one.out for one in found.recipes]
    assert all(places.index(one.start) < places.index(one.out) for one in longer.values())  # type: ignore[arg-type]


def test_a_python_file_is_a_study_too(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(
        "from kinema import Recipe\n"
        "recipes = [Recipe('clips', model=f'{m}-resnet18') for m in ('tsn', 'tam', 'tsn')]\n")
    found = read_study(tmp_path / "study.py", "out")
    assert [one.model for one in found.recipes] == ["tsn-resnet18", "tam-resnet18"]
    assert found.protocols == ("1x1",)


def test_recipes_of_a_python_file_start_from_each_other(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(
        "from dataclasses import replace\nfrom kinema import Recipe\n"
        "tam = Recipe('clips', frames=8)\nlonger = replace(tam, frames=16, start=tam)\n"
        "recipes = [replace(longer, frames=32, start=longer), longer, tam]\n")
    found = {one.frames: one for one in read_study(tmp_path / "study.py", "out").recipes}
    assert list(found) == [8, 16, 32]
    assert (found[8].start, found[16].start, found[32].start) == (None, found[8].out, found[16].out)
    (tmp_path / "study.py").write_text("from kinema import Recipe\nrecipes = [Recipe('a', start=Recipe('b'))]\n")
    with pytest.raises(RunError, match="starts from a recipe that is not among"):
        read_study(tmp_path / "study.py", "out")


def test_a_start_is_one_run_and_no_other(tmp_path: Path) -> None:
    grid = "base: {{data: a}}\nvary: [{{frames: 8, lr: [0.1, 0.01]}}, {{frames: 16, {}}}]"

    def begun(text: str) -> list[float]:
        recipes = read_study(study(tmp_path, grid.format(text)), "out").recipes
        of = {one.out: one.lr for one in recipes}
        return [of[one.start] for one in recipes if one.start]

    assert begun("start: {frames: 8, lr: 0.01}") == [0.01]
    assert begun("lr: [0.1, 0.01], start: {frames: 8}") == [0.1, 0.01]  # each from the one of its own rate
    with pytest.raises(RunError, match=r"the study has 2 such: .*lr 0.1.*lr 0.01.* Name one by these"):
        begun("lr: 0.5, start: {frames: 8}")


def test_a_recipe_as_the_base_names_each_runs_own_start(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("{data: a, start: 'runs/{model}-8-{seed}'}")
    found = read_study(study(tmp_path, "base: base.yaml\nvary: {model: [tsn-resnet18, tam-resnet18], seed: 3}"), "out")
    assert [one.start for one in found.recipes] == ["runs/tsn-resnet18-8-3", "runs/tam-resnet18-8-3"]


def test_a_grid_may_have_its_own_base_or_several(tmp_path: Path) -> None:
    for name, epochs in (("short", 3), ("long", 9)):
        (tmp_path / f"{name}.yaml").write_text(f"{{data: {name}, epochs: {epochs}, start: 'runs/{{model}}'}}")
    found = read_study(study(tmp_path, """
base: {data: a, lr: 0.5}
vary:
  - {model: tam-resnet18}
  - {base: [short.yaml, long.yaml], model: tsn-resnet18, seed: [0, 1]}
  - {base: {data: b}, model: tam-resnet18, epochs: 4}
"""), "out").recipes
    assert {(one.data, one.epochs, one.lr, one.seed, one.start) for one in found} == {
        ("a", 30, 0.5, 0, None), ("b", 4, 0.001, 0, None),
        *((name, epochs, 0.001, seed, "runs/tsn-resnet18") for name, epochs in (("short", 3), ("long", 9))
          for seed in (0, 1))}
    with pytest.raises(RunError, match=r"There is no recipe .*shrt\.yaml"):
        read_study(study(tmp_path, "vary: {base: shrt.yaml}"), "out")


def test_folders_follow_from_what_a_recipe_says(tmp_path: Path) -> None:
    one = read_study(study(tmp_path, "vary: {epochs: [1, 2]}\nbase: {data: a}"), "out").recipes
    other = read_study(study(tmp_path, "vary: {epochs: [2, 3]}\nbase: {data: a}"), "out").recipes
    assert one[1] == other[0]
    assert one[0].out != one[1].out


@pytest.mark.parametrize(("text", "why"), [
    ("3", "holds no values by name"), ("vry: {}", "unknown field 'vry'.*Nearest: vary"),
    ("vary: [3]", "vary is 3; expected lists"), ("vary: {modle: a}", "unknown field 'modle'"),
    ("vary: {seed: []}", "holds no recipes"), ("{", "is not YAML"), ("base: 3", "base is 3; expected a recipe's"),
    ("vary: {frames: 8, start: {frames: 4}}", "starts from one with {'frames': 4}, which the study has not"),
    ("vary: {frames: [4, 8], start: {frames: 4}}", "in a circle"),
])
def test_what_is_no_study_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(RunError, match=why):
        read_study(study(tmp_path, text), "out")


def test_a_grid_may_be_judged_further_and_classes_be_counted_apart(tmp_path: Path) -> None:
    found = read_study(study(tmp_path, """
base: {data: clips}
vary:
  - {model: [tsn-resnet18, tam-resnet18]}
  - {model: tam-resnet18, evaluate: [1x10]}
groups: {order: [left, right]}
"""), tmp_path / "out")
    assert [(one.model, found.protocols_of(one)) for one in found.recipes] == [
        ("tsn-resnet18", ("1x1",)), ("tam-resnet18", ("1x1", "1x10"))]
    assert found.groups == {"order": ("left", "right")}
    with pytest.raises(DataError, match="No protocol is called"):
        read_study(study(tmp_path, "vary: {model: tam-resnet18, evaluate: [ten]}"), "out")
    for text in ("{base: {data: a}, evaluate: 1x10}", "{base: {data: a}, vary: {model: tam-resnet18, evaluate: [3]}}"):
        with pytest.raises(RunError, match="expected a list of protocols such as 3x10"):
            read_study(study(tmp_path, text), "out")
    assert read_study(study(tmp_path, "{base: {data: a}, evaluate: [ssv2, 3x2, 1x1]}"), "out").protocols == (
        "ssv2", "1x1")
    with pytest.raises(RunError, match="groups is 3; expected lists of classes"):
        read_study(study(tmp_path, "{vary: {model: tam-resnet18}, base: {data: a}, groups: 3}"), "out")


def test_an_unknown_protocol_is_told_before_any_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No protocol is called '4y5'"):
        read_study(study(tmp_path, "evaluate: [4y5]"), "out")
