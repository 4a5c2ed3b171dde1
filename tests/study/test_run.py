"""A study is a grid of recipes, each trained and judged once."""

from pathlib import Path

import pytest

from kinema.errors import DataError, RunError
from kinema.recipe import Recipe
from kinema.study.grid import read_study
from kinema.study.results import read_results
from kinema.study.run import run_study
from tests.cli.test_cli import kinema
from tests.conftest import TINY

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


def test_folders_follow_from_what_a_recipe_says(tmp_path: Path) -> None:
    one = read_study(study(tmp_path, "vary: {epochs: [1, 2]}\nbase: {data: a}"), "out").recipes
    other = read_study(study(tmp_path, "vary: {epochs: [2, 3]}\nbase: {data: a}"), "out").recipes
    assert one[1] == other[0]
    assert one[0].out != one[1].out


@pytest.mark.parametrize(("text", "why"), [
    ("3", "holds no values by name"), ("vry: {}", "unknown field 'vry'.*Nearest: vary"),
    ("vary: [3]", "vary is 3; expected lists"), ("vary: {modle: a}", "unknown field 'modle'"),
    ("vary: {seed: []}", "holds no recipes"), ("{", "is not YAML"),
    ("vary: {frames: 8, start: {frames: 4}}", "starts from one with {'frames': 4}, which the study has not"),
    ("vary: {frames: [4, 8], start: {frames: 4}}", "in a circle"),
])
def test_what_is_no_study_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(RunError, match=why):
        read_study(study(tmp_path, text), "out")


def test_an_unknown_protocol_is_told_before_any_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No protocol is called '4y5'"):
        read_study(study(tmp_path, "evaluate: [4y5]"), "out")


@pytest.mark.slow
def test_a_study_is_run_once_and_goes_on(motion: Path, tmp_path: Path) -> None:
    tiny = {name: value for name, value in Recipe(str(motion), **{**TINY, "epochs": 1}).to_dict().items()
            if name not in ("out", "model", "seed", "augment", "options")}
    grid = {"base": tiny, "vary": [{"model": "tam-resnet_tiny"},
                                   {"model": "tam-resnet_tiny", "frames": 8, "start": {"frames": tiny["frames"]}}]}
    import yaml

    path, out = study(tmp_path, yaml.safe_dump(grid)), tmp_path / "out"
    rows = run_study(read_study(path, out), out, processes=2, accelerator="cpu", quiet=True)
    assert [(row["module"], row["backbone"], row["frames"]) for row in rows] == [
        ("tam", "resnet_tiny", 4), ("tam", "resnet_tiny", 8)]
    times = {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}
    text = kinema("study", "run", path, "--out", out, "--accelerator", "cpu")
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")} == times
    assert text.count("tam-resnet_tiny") == 2
    results = read_results(out / "results.parquet")
    assert results == read_results(out / "results.csv")
    assert [one.top1 for one in results] == pytest.approx([row["top1"] for row in rows])
    (path.parent / "bad.yaml").write_text(yaml.safe_dump({"base": tiny | {"data": str(tmp_path / "nothing")}}))
    with pytest.raises(RunError, match=r"1 of 1 runs failed; the first, .*nothing.* The same command tries them again"):
        run_study(read_study(tmp_path / "bad.yaml", out), out, quiet=True)
