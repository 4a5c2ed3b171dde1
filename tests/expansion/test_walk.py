"""A walk trains each network once, goes on where it was killed, and is chosen by validation clips alone."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kinema.errors import KinemaError, RunError
from kinema.expansion.candidate import Candidate
from kinema.expansion.cost import training_gmacs
from kinema.expansion.walk import Walk, best, check, expand
from kinema.expansion.written import figure, write
from kinema.machine import Machine
from kinema.models.backbones.x3d import Size
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.study.run import Share, finished
from tests.cli.test_cli import kinema

RECIPE = Recipe("", model="x3d_s", frames=2, stride=2, size=16, sampling="dense", epochs=1, batch=24, validation=0.2,
                options={"hidden": 8})


def options(data: Path, out: Path) -> list[str]:
    return ["expand", str(data), "--out", str(out), "--frames=2", "--stride=2", "--size=16", "--epochs=1",
            "--batch=24", "--validation=0.2", "--option", "hidden=8", "--axis=rate", "--steps=1", "--accelerator=cpu"]


@pytest.mark.slow
def test_a_killed_walk_goes_on_and_trains_nothing_twice(motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    table = out / "expansion.csv"
    process = subprocess.Popen([sys.executable, "-m", "kinema", *options(motion, out)], env=os.environ,
                               stderr=subprocess.DEVNULL)
    while not table.is_file() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(read(table)) == 1
    first = {path: path.stat().st_mtime_ns for path in out.rglob("best.safetensors")}
    going_on = expand(Walk(replace(RECIPE, data=str(motion)), steps=1, axes=("rate",)), out,
                      machine=Machine(accelerator="cpu"), quiet=True)
    assert [one.axis for one in next(going_on)] == ["start"]
    found = next(going_on)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in first.items())
    assert not list(out.rglob("evaluation/test.json"))
    for run in (run for one in found for run in one.runs):
        finished(Run.open(run).recipe, ("1x1",), {}, "test", Share(1, True), Machine(accelerator="cpu"))
    assert all(len(one.tests) == 1 for one in list(going_on)[-1])
    facts = json.loads(kinema(*options(motion, out), "--json"))
    assert facts["networks"] == facts["runs"] == len(list((out / "runs").iterdir())) == 2
    rows = read(table)
    assert [(row["step"], row["axis"], row["chosen"]) for row in rows] == [
        ("0", "start", "True"), ("1", "rate", "True")]
    assert all(row["validation"] and row["test"] for row in rows)
    assert (out / "expansion.png").stat().st_size > 5000
    run, start = Run.open(out / "runs" / rows[0]["runs"]), rows[0]
    clips = run.facts["clips"]
    steps = clips["train"] // 24
    assert training_gmacs(str(run.path), float(start["gmacs"])) == pytest.approx(
        float(start["gmacs"]) * (3 * 24 * steps + clips["validation"]))


def test_the_best_is_chosen_by_validation_clips_and_of_equal_ones_the_cheapest() -> None:
    one = Candidate(1, "rate", Size(2, 2, 16, 1, 1, 1), 0.2, 1000, (40.0, 50.0), 5.0, ("a",))
    found = [replace(one, axis="depth", accuracies=(45.0, 44.0)), one, replace(one, axis="width", gmacs=0.1),
             replace(one, axis="duration", accuracies=(10.0, 60.0), tests=(99.0,))]
    assert best(found).axis == "width"


def read(table: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(table.read_text().splitlines()))


@pytest.mark.parametrize(("changes", "why"), [
    ({"model": "tam-resnet18"}, "tam-resnet18 has no six axes; expected an X3D, such as x3d_s"),
    ({"frames": 1}, "The start has 1 frame"),
    ({"sampling": "uniform"}, "needs --sampling dense"),
    ({"start": "runs/first"}, "cannot start from runs/first"),
    ({"validation": 0.0}, "no validation clips to choose by"),
])
def test_what_cannot_be_expanded_is_told_before_training(
    motion: Path, tmp_path: Path, changes: dict, why: str
) -> None:
    with pytest.raises(RunError, match=why):
        check(Walk(replace(RECIPE, data=str(motion), **changes)))


def test_an_axis_that_is_none_gets_the_nearest(motion: Path) -> None:
    with pytest.raises(RunError, match=r"No axis is called 'with'.*Nearest: width"):
        check(Walk(replace(RECIPE, data=str(motion)), axes=("with",)))
    with pytest.raises(RunError, match="square"):
        _ = Walk(replace(RECIPE, size=(16, 24))).start


def test_seeds_that_would_choose_by_test_clips_are_refused(motion: Path) -> None:
    assert check(Walk(replace(RECIPE, data=str(motion)), seeds=2))
    with pytest.raises(RunError, match="Each seed has other test clips"):
        check(Walk(replace(RECIPE, data=str(motion), split="fold=0/3"), seeds=2))


def test_the_figure_has_every_network_and_the_path(tmp_path: Path) -> None:
    start = Candidate(0, "start", Size(2, 2, 16, 1, 1, 1), 0.1, 1000, (20.0, 30.0), 5.0, ("a",), True, (24.0,))
    rate = replace(start, step=1, axis="rate", gmacs=0.2, accuracies=(40.0, 50.0), tests=(44.0,))
    width = replace(rate, axis="width", accuracies=(30.0, 30.0), chosen=False, tests=())
    axis = figure([start, rate, width]).axes[0]
    assert [text.get_text() for text in axis.texts] == ["start", "rate"]
    legend = axis.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["start", "rate", "width", "path, test clips"]
    assert sorted(float(point[1]) for dots in axis.collections for point in dots.get_offsets()) == [25, 30, 45]
    assert [list(line.get_ydata()) for line in axis.lines] == [[25, 45], [24, 44]]
    write([start, rate, width], tmp_path)
    rows = read(tmp_path / "expansion.csv")
    assert [row["validation_seeds"] for row in rows] == ["20.00 30.00", "40.00 50.00", "30.00 30.00"]


def test_a_walk_without_data_is_told() -> None:
    assert "Expected what to train on" in kinema("expand", code=2)
    with pytest.raises(KinemaError):
        check(Walk(replace(RECIPE, data="nothing/here")))
