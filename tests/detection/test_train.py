"""Training a detector: resumed to the bit, two processes as one, mistakes in words, and two people told apart."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from kinema.data.transforms import Augment
from kinema.detection.annotations import Annotations
from kinema.detection.ava import read_rows
from kinema.detection.evaluate import evaluate
from kinema.detection.prepare import films_of
from kinema.detection.runs import DetectorRun
from kinema.detection.train import train_detector
from kinema.errors import DataError, KinemaError, ModelError, RunError
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.recipe import Recipe
from tests.cli.test_cli import kinema
from tests.detection.two_figures import action, write_set

HERE = Machine(accelerator="cpu", workers=0, cache_gigabytes=0.1)
SHOWN = ("walk", "sit_down", "collapse")
CROP = Augment(crop="jitter", scale=(0.8, 1.0))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve films of 32 x 32 pixels with one figure each, three with two, and their lists."""
    folder = tmp_path_factory.mktemp("figures")
    write_set(folder, "one", [[SHOWN[number % 3]] for number in range(12)], 32, 1)
    write_set(folder, "two", [["walk", "sit_down"], ["collapse", "walk"], ["walk", "walk"]], 32, 2)
    (folder / "labels.txt").write_text("".join(f"{action(label)}: {label}\n" for label in SHOWN))
    return folder


def recipe(figures: Path, out: Path, **changes: object) -> Recipe:
    values = {
        "data": str(figures / "one.csv"), "root": str(figures), "out": str(out), "model": "tam-resnet_tiny",
        "frames": 4, "stride": 8, "size": 32, "sampling": "dense", "epochs": 2, "batch": 4, "lr": 0.01,
        "augment": CROP, "options": {"dilated": True, "width_factor": 0.5},
    }
    return Recipe(**{**values, **changes})  # type: ignore[arg-type]


def lists(figures: Path) -> Annotations:
    return Annotations(labels=str(figures / "labels.txt"), validation=str(figures / "two.csv"))


class PowerFailsError(Exception):
    """The machine is gone."""


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_bit(
    figures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kinema.detection import train as training

    whole = train_detector(recipe(figures, tmp_path / "whole"), lists(figures), HERE, quiet=True)
    machine, saves = replace(HERE, save_every=2), []
    monkeypatch.setattr(training, "save_state", fail_after(training.save_state, saves, 2))
    with pytest.raises(PowerFailsError):
        train_detector(recipe(figures, tmp_path / "cut"), lists(figures), machine, quiet=True)
    monkeypatch.undo()
    other = replace(machine, workers=1)
    cut = train_detector(recipe(figures, tmp_path / "cut"), lists(figures), other, quiet=True)
    first, second = (load_file(run.path / "last.safetensors") for run in (whole, cut))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert (whole.path / "epochs.csv").read_text() == (cut.path / "epochs.csv").read_text()


def fail_after(save: object, saves: list[int], count: int) -> object:
    """A save that works `count` times; after that power fails."""
    def once(*arguments: object) -> None:
        save(*arguments)  # type: ignore[operator]
        saves.append(1)
        if len(saves) == count:
            raise PowerFailsError
    return once


def test_the_best_epoch_by_frame_map_is_kept_and_found_again(figures: Path, tmp_path: Path) -> None:
    run = train_detector(recipe(figures, tmp_path / "run"), lists(figures), HERE, quiet=True)
    values = [float(line.split(",")[-1]) for line in (run.path / "epochs.csv").read_text().splitlines()[1:]]
    films = films_of(run.recipe, run.annotations, HERE)
    found = evaluate(run.detector(), run.annotations.truth, run.classes, films, HERE, quiet=True)
    assert round(found.measure.mean, 4) == max(values)
    assert len(found.rows) == 6 * 3
    assert DetectorRun.open(run.path).classes == {action(label): label for label in SHOWN}
    assert train_detector(recipe(figures, tmp_path / "run"), lists(figures), HERE, quiet=True).path == run.path


def test_weights_of_a_recognition_network_are_started_from(figures: Path, tmp_path: Path) -> None:
    from kinema.models import create_model
    from kinema.weights import save_network

    network = create_model("tam-resnet_tiny", 5, frames=4, width_factor=0.5)
    save_network(network, tmp_path / "start.safetensors")
    started = recipe(figures, tmp_path / "run", start=str(tmp_path / "start.safetensors"), lr=1e-9, weight_decay=0.0,
                     epochs=1, options={"dilated": True})
    run = train_detector(started, lists(figures), HERE, quiet=True)
    assert run.recipe.options == {"width_factor": 0.5, "dilated": True}
    learnt, began = run.detector("last").network.state_dict(), network.state_dict()
    key = "backbone.stages.4.0.branch.conv1.weight"
    torch.testing.assert_close(learnt[key], began[key], rtol=0, atol=1e-5)
    assert learnt["classifier.weight"].shape == (3, 64)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"data": "nowhere.csv"}, DataError, "no file nowhere.csv"),
        ({"mixup": 0.2}, RunError, "has no mixup"),
        ({"sampling": "uniform"}, RunError, "the sampling is 'dense'"),
        ({"augment": Augment(span=0.5)}, RunError, "has no span"),
        ({"model": "x3d_xs", "size": 64}, ModelError, "keeps no places"),
        ({"root": "nowhere"}, DataError, "no folder nowhere"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_is_written(
    figures: Path, tmp_path: Path, changes: dict, error: type[KinemaError], told: str
) -> None:
    with pytest.raises(error, match=told):
        train_detector(recipe(figures, tmp_path / "run", **{"options": {}, **changes}), lists(figures), HERE)
    assert not (tmp_path / "run").exists()


def test_lost_videos_and_boxes_outside_the_picture_are_left_out_and_told(figures: Path, tmp_path: Path) -> None:
    wrong = ["lost,1.5,0.1,0.1,0.5,0.9,5,0", "one_0000,1.5,1.1,0.1,1.4,0.9,5,1"]
    rows = (figures / "one.csv").read_text().splitlines()
    (tmp_path / "list.csv").write_text("\n".join([*wrong, *rows[:4]]))
    run = train_detector(recipe(figures, tmp_path / "run", data=str(tmp_path / "list.csv"), epochs=4, frozen=2),
                         Annotations(labels=str(figures / "labels.txt")), HERE, quiet=True)
    assert any("1 box outside of the picture" in note for note in run.facts["notes"])
    assert any("1 video not in" in note and "lost" in note for note in run.facts["notes"])
    assert run.facts["training_boxes"] == 5
    assert "no video 'lost'" in (run.path / "problems.jsonl").read_text()
    torch.manual_seed(key_seed(0, "weights"))
    drawn, learnt = (detector.network.state_dict() for detector in (run.untrained(), run.detector("last")))
    same = {key.split(".")[2] for key in drawn if "stages" in key and torch.equal(drawn[key], learnt[key])}
    assert {"1", "2"} <= same
    assert not torch.equal(drawn["backbone.stages.4.0.branch.conv1.weight"],
                           learnt["backbone.stages.4.0.branch.conv1.weight"])


def test_a_folder_of_something_else_and_other_lists_are_refused(figures: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(RunError, match="is no detector"):
        train_detector(recipe(figures, tmp_path), lists(figures), HERE, restart=True, quiet=True)
    made = recipe(figures, tmp_path / "run", epochs=1)
    train_detector(made, lists(figures), HERE, quiet=True)
    with pytest.raises(RunError, match="other lists"):
        train_detector(made, replace(lists(figures), validation=None), HERE, quiet=True)
    with pytest.raises(RunError, match="epochs 1 there, 2 now"):
        train_detector(replace(made, epochs=2), lists(figures), HERE, quiet=True)
    assert (tmp_path / "thesis.txt").read_text() == "important"


TWO = """
import sys
from pathlib import Path
from tests.detection.test_train import HERE, lists, recipe
from kinema.detection.train import train_detector
from dataclasses import replace
figures, out, devices = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
made = recipe(figures, out, epochs=1, dropout=0.5, precision="64-true", batch=6, data=str(figures / "two_sizes.csv"),
              optimizer="sgd")
train_detector(made, lists(figures), replace(HERE, devices=devices), quiet=True)
"""


@pytest.mark.slow
def test_two_processes_learn_what_one_does(figures: Path, tmp_path: Path) -> None:
    """Their clips hold different numbers of boxes: the loss is a mean over boxes, not over processes, and dropout draws
    for all boxes."""
    rows = (figures / "one.csv").read_text() + (figures / "two.csv").read_text()
    (figures / "two_sizes.csv").write_text(rows)
    script = tmp_path / "train.py"
    script.write_text(TWO)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    for devices in ("1", "2"):
        subprocess.run([sys.executable, str(script), str(figures), str(tmp_path / devices), devices], check=True,
                       env=environment, capture_output=True, timeout=300)
    one, two = (load_file(tmp_path / devices / "last.safetensors") for devices in ("1", "2"))
    for key in one:
        torch.testing.assert_close(two[key], one[key], rtol=1e-7, atol=1e-9, msg=key)


@pytest.mark.slow
def test_two_figures_get_each_its_own_action(tmp_path: Path) -> None:
    """Learnt from two people in a picture by the command, tried on others, of whom each does something else."""
    shown = [[SHOWN[number % 3], SHOWN[number // 3 % 3]] for number in range(90)]
    write_set(tmp_path, "one", shown, 48, 1)
    write_set(tmp_path, "two", [[left, right] for left in SHOWN for right in SHOWN if left != right] * 2, 48, 7)
    (tmp_path / "labels.txt").write_text("".join(f"{action(label)}: {label}\n" for label in SHOWN))
    run, found = tmp_path / "run", tmp_path / "found.csv"
    kinema("detect", "train", tmp_path / "one.csv", "--labels", tmp_path / "labels.txt", "--model", "tam-resnet_tiny",
           "--option", "dilated=true", "--frames", 6, "--stride", 6, "--size", "48x96", "--crop", "stretch", "--epochs",
           10, "--batch", 9, "--lr", 0.006, "--dropout", 0, "--out", run, "--workers", 0, "--accelerator", "cpu")
    judged = kinema("detect", "evaluate", run, tmp_path / "two.csv", "--out", found, "--workers", 0, "--accelerator",
                    "cpu", "--json")
    best: dict[tuple, tuple[float, int]] = {}
    for row in read_rows(found):
        best[row.key, row.box] = max(best.get((row.key, row.box), (0.0, 0)), (row.score, row.action))
    right = [best[row.key, row.box][1] == row.action for row in read_rows(tmp_path / "two.csv")]
    assert len(right) == 24
    assert np.mean(right) >= 0.8
    assert json.loads(judged)["mAP"] >= 0.9
