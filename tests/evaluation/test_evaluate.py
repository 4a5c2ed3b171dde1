"""Evaluating a run: what is judged, what is left out, and what is written down."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import kinema
from kinema.data.clips import read_table
from kinema.errors import DataError, RunError
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.evaluate import calibration_of, match_labels
from kinema.evaluation.result import Evaluation
from kinema.runs import Run
from kinema.training.machine import Machine

HERE = Machine(accelerator="cpu", workers=0)


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run of the test's own."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


def test_the_test_side_is_judged_and_written_down(run: Path) -> None:
    found = kinema.evaluate(run, machine=HERE)
    test = Run.open(run).split().test
    assert found.n == len(test)
    assert set(found.predictions.paths) == {row.path for row in test.rows}
    assert found.broken == ()
    assert 0 <= found.intervals["top1"][0] <= found.top1 <= found.intervals["top1"][1] <= 1
    assert found.gmacs_per_view == pytest.approx(kinema.profile("tam-resnet_tiny", classes=12, frames=4, size=32).gmacs)
    written = json.loads((run / "evaluation" / "test.json").read_text())
    assert written["top1"] == found.top1
    assert written["n"] == found.n
    assert written["intervals"]["mean_class"] == found.intervals["mean_class"]
    again = Evaluation.load(run / "evaluation" / "test.json")
    assert again.to_dict() == found.to_dict()
    assert (run / "report.html").is_file()


def test_workers_and_repeats_change_nothing(run: Path) -> None:
    first = kinema.evaluate(run, machine=HERE)
    again = kinema.evaluate(run, machine=Machine(accelerator="cpu", workers=2))
    assert np.array_equal(first.predictions.logits_NVK, again.predictions.logits_NVK)


def test_views_are_clips_times_crops(run: Path) -> None:
    found = kinema.evaluate(run, views=(2, 3), machine=HERE)
    assert found.views == 6
    assert found.name == "test-2x3"
    assert found.to_dict()["gmacs"] == pytest.approx(6 * found.gmacs_per_view)


def test_broken_clips_are_named_and_counted(run: Path, motion: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(motion, tmp_path / "other"))
    (data / "clips.csv").unlink()
    videos = sorted((data / "left").iterdir())
    videos[0].write_bytes(b"")
    videos[1].write_text("this is no video")
    total = len(list(data.glob("*/*.mp4")))
    found = kinema.evaluate(run, data, machine=HERE)
    assert found.n == total - 2
    assert {Path(path).name for path, _ in found.broken} == {videos[0].name, videos[1].name}
    page = (run / "report.html").read_text()
    assert videos[0].name in page
    assert "2\u202fclips could not be read" in page


def test_other_data_with_some_of_the_classes(run: Path, motion: Path, tmp_path: Path) -> None:
    for label in ("up", "down"):
        shutil.copytree(motion / label, tmp_path / "few" / label)
    found = kinema.evaluate(run, tmp_path / "few", machine=HERE)
    labels = Run.open(run).labels
    assert found.predictions.labels == labels
    assert {labels[k] for k in found.predictions.targets} == {"up", "down"}
    shutil.copytree(motion / "left", tmp_path / "few" / "leftt")
    with pytest.raises(DataError, match=r"1 of the data's 3 classes .* leftt.*Nearest: left"):
        kinema.evaluate(run, tmp_path / "few", machine=HERE)


def test_clips_that_were_trained_on_are_counted(run: Path) -> None:
    assert kinema.evaluate(run, machine=HERE).about.seen == 0
    found = kinema.evaluate(run, split="train", machine=HERE)
    assert found.about.seen == found.n
    assert f"Careful: the network was trained on {found.n}" in (run / "report.html").read_text()


def test_sides_that_do_not_exist(run: Path) -> None:
    with pytest.raises(RunError, match=r"no side 'tests'.*Nearest: test"):
        kinema.evaluate(run, split="tests", machine=HERE)


def test_calibration_is_learnt_once_and_belongs_to_its_weights(run: Path) -> None:
    (run / "calibration.json").unlink(missing_ok=True)
    opened = Run.open(run)
    learnt = calibration_of(opened, HERE)
    assert learnt.clips == len(opened.split().validation)
    assert Calibration.of(run) == learnt
    shutil.copy(run / "last.safetensors", run / "best.safetensors")
    with (run / "best.safetensors").open("ab") as file:
        file.write(b" ")
    assert Calibration.of(run) == Calibration()


def test_labels_are_matched_by_name(motion: Path) -> None:
    table = read_table(motion)
    turned = tuple(reversed(table.labels))
    matched = match_labels(table, turned)
    for before, after in zip(table.rows, matched.rows, strict=True):
        assert table.labels[before.labels[0]] == turned[after.labels[0]]
