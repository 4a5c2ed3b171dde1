"""What is chosen for clips about which nothing is said: by their number alone, and only what no option says."""

from dataclasses import replace
from pathlib import Path

import pytest

from kinema.data.clips import ClipRow, ClipTable
from kinema.models import list_models
from kinema.recipe import Recipe, read_recipe
from kinema.runs import Run
from kinema.training.suited import LEAST_STEPS, Facts, suit, suited
from tests.cli.test_cli import kinema

FEW = Facts(200, 5, 60, 0.0)


@pytest.mark.parametrize("clips", [1, 7, 60, 200, 399, 400, 1000])
def test_few_clips_get_a_small_network_and_enough_steps(clips: int) -> None:
    values = suited(replace(FEW, clips=clips))
    recipe = Recipe("clips", **values)
    assert recipe.model in list_models("*tiny*")
    assert recipe.epochs == 100 or recipe.epochs * (clips // recipe.batch) >= 0.9 * LEAST_STEPS
    assert recipe.batch <= max(clips, 8)
    assert suited(replace(FEW, clips=clips)) == values


def test_many_clips_get_the_usual_recipe() -> None:
    assert suited(replace(FEW, clips=1001)) == {}


def test_a_place_that_shows_all_classes_is_not_looked_at() -> None:
    assert suited(replace(FEW, mixed=0.95))["input"] == "normalised_difference"
    assert suited(replace(FEW, mixed=0.5))["input"] == "rgb"
    assert suited(replace(FEW, frames=12))["frames"] == 8


@pytest.mark.slow
@pytest.mark.parametrize("fold", range(5))
def test_surv_fight_gets_its_recipe_unasked(fold: int, shared: Path) -> None:
    data = shared / "videos" / "surv-fight"
    recipe = Path(__file__).parents[2] / "recipes" / "surv-fight.yaml"
    wanted = read_recipe(recipe, data=str(data), split=f"fold={fold}")
    found, _ = suit(Recipe(str(data), split=f"fold={fold}"), ["data", "split"])
    assert replace(found, out="") == replace(wanted, out="")


def test_hog3d_sees_as_long_a_clip_as_in_the_table(motion: Path) -> None:
    found, told = suit(Recipe(str(motion), model="hog3d"), ["data", "model"])
    assert (found.frames, found.size, found.lr) == (32, (112, 144), Recipe("").lr)
    assert "frames 32, size 112x144. " in told
    assert suit(Recipe(str(motion), model="hog3d", frames=16), ["data", "model", "frames"])[0].frames == 16


def test_facts_are_of_the_list(motion: Path) -> None:
    rows = [ClipRow("", (number % 3,), source=f"camera {number // 2}") for number in range(5)]
    files = sorted(motion.glob("*/*.mp4"))
    rows = [replace(row, path=str(file)) for row, file in zip(rows, files, strict=False)]
    facts = Facts.of(ClipTable(tuple(rows), ("a", "b", "c"), motion))
    assert facts == Facts(5, 3, 8, 0.8)  # the last camera has one clip alone


def test_several_labels_of_one_clip_tell_nothing_of_its_place(motion: Path) -> None:
    files = sorted(motion.glob("*/*.mp4"))[:4]
    rows = tuple(ClipRow(str(file), (0, 1 + number % 2)) for number, file in enumerate(files))
    assert Facts.of(ClipTable(rows, ("a", "b", "c"), motion, multi_label=True)).mixed == 0
    rows = tuple(replace(row, source="camera") for row in rows)
    assert Facts.of(ClipTable(rows, ("a", "b", "c"), motion, multi_label=True)).mixed == 1


def test_only_what_no_option_says_is_chosen(motion: Path, tmp_path: Path) -> None:
    bare = Recipe(str(motion))
    found, told = suit(bare, ["data"])
    assert (found.model, found.lr, found.out) == ("tam-resnet_tiny", 0.012, "runs/tam-resnet_tiny")
    assert told.startswith("Chosen for 48 training clips of 12 classes, of about 8 frames: model tam-resnet_tiny")
    named = replace(bare, model="tsm-resnet18", epochs=3, augment=replace(bare.augment, flip=False))
    found, _ = suit(named, ["data", "model", "epochs", "augment_flip"])
    assert (found.model, found.lr, found.epochs, found.size) == ("tsm-resnet18", bare.lr, 3, bare.size)
    assert (found.augment.flip, found.augment.crop, found.batch) == (False, "stretch_resized", 8)


@pytest.mark.slow
def test_a_run_keeps_what_was_chosen_when_it_began(motion: Path, tmp_path: Path) -> None:
    command = ["train", motion, "--epochs", "1", "--size", "32", "--out", tmp_path / "run", "--accelerator", "cpu"]
    text = kinema(*command, "--workers", "0")
    assert "Chosen for 48 training clips of 12 classes" in text
    run = Run.open(tmp_path / "run")
    assert (run.recipe.model, run.recipe.size, run.recipe.epochs) == ("tam-resnet_tiny", 32, 1)
    other = run.path / "recipe.yaml"
    other.write_text(other.read_text().replace("ema: 0.98", "ema: 0.5"))
    assert "ema 0.5" in kinema(*command, "--workers", "0")
