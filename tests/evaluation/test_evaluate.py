"""Evaluating a run: what is judged, what is left out, and what is written down."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import kinema
from kinema.data.clips import read_table
from kinema.errors import DataError, KinemaError, RunError
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.compare import difference
from kinema.evaluation.evaluate import calibration_of, match_labels
from kinema.evaluation.predict import NoClipsError, mirrored_back, predict
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.result import Evaluation
from kinema.machine import Machine
from kinema.runs import Run

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


@pytest.mark.slow
def test_workers_and_repeats_change_nothing(run: Path) -> None:
    first = kinema.evaluate(run, machine=HERE)
    again = kinema.evaluate(run, machine=Machine(accelerator="cpu", workers=2))
    assert np.array_equal(first.predictions.logits_NVK, again.predictions.logits_NVK)


def test_views_are_clips_times_crops(run: Path) -> None:
    found = kinema.evaluate(run, views=(2, 3), machine=HERE)
    assert found.views == 6
    assert found.name == "test-2x3"
    assert found.to_dict()["gmacs"] == pytest.approx(6 * found.gmacs_per_view)


def test_what_is_left_in_a_mirror_is_right() -> None:
    seen_VK = np.arange(12, dtype=np.float32).reshape(4, 3)  # two clips in time, each with its mirror image
    told_VK = mirrored_back(seen_VK, 2, ("turn left", "walk", "turn right"))
    assert told_VK.tolist() == [[0, 1, 2], [5, 4, 3], [6, 7, 8], [11, 10, 9]]
    assert mirrored_back(seen_VK, 1, ("turn left", "walk", "turn right")) is seen_VK


def test_broken_clips_are_named_and_counted(run: Path, motion: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(motion, tmp_path / "other"))
    (data / "clips.csv").unlink()
    videos = sorted((data / "left").iterdir())
    videos[0].write_bytes(b"")
    videos[1].write_text("this is no video")
    total = len(list(data.glob("*/*.mp4")))
    found = kinema.evaluate(run, data, machine=HERE)
    assert found.n == total - 2
    assert found.page == run / "evaluation" / "data-other.html"  # the page of the run's own test stays
    assert {Path(path).name for path, _ in found.broken} == {videos[0].name, videos[1].name}
    page = found.page.read_text()
    assert videos[0].name in page
    assert "2\u202fclips could not be read" in page


def test_a_list_that_lies_elsewhere_than_its_videos(run: Path, motion: Path, tmp_path: Path) -> None:
    videos = sorted(motion.glob("*/*.mp4"))[::5]
    lines = [f"{video.relative_to(motion)},{video.parent.name}" for video in videos]
    (tmp_path / "mine.csv").write_text("path,label\n" + "\n".join(lines) + "\n")
    found = kinema.evaluate(run, tmp_path / "mine.csv", machine=HERE, format="csv", root=motion)
    assert found.n == len(videos)
    assert f"--root {motion}" in found.about.asked
    with pytest.raises(DataError, match="None of the"):
        kinema.evaluate(run, tmp_path / "mine.csv", machine=HERE)


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


def test_labels_are_matched_whatever_their_case(motion: Path) -> None:
    table = read_table(motion)
    shouted = tuple(label.upper() for label in table.labels)
    assert match_labels(table, shouted).rows == table.rows


def test_no_readable_validation_clip_is_no_calibration(run: Path, motion: Path, tmp_path: Path) -> None:
    opened = Run.open(run)
    shutil.copytree(motion, tmp_path / "data")
    for row in opened.split().validation.rows:
        (tmp_path / "data" / row.path).write_text("no video")
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**facts, "root": str(tmp_path / "data")}))
    (run / "calibration.json").unlink(missing_ok=True)
    opened = Run.open(run)
    with pytest.raises(NoClipsError):
        predict(opened.model(), opened.split().validation, machine=HERE)
    assert calibration_of(opened, HERE).clips == 0
    assert kinema.evaluate(run, machine=HERE).calibration.temperature == 1


def test_evaluations_find_their_clips_in_the_cache(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kinema.evaluate(run, machine=HERE)
    monkeypatch.setattr("kinema.data.cache.open_video", None)
    assert np.array_equal(kinema.evaluate(run, machine=HERE).predictions.logits_NVK, first.predictions.logits_NVK)


@pytest.mark.parametrize(("name", "words"), [
    ("cdua", "no device 'cdua' here; there is cpu.*Nearest: cuda"), ("cuda:99", "no device 'cuda:99'"),
    ("cuda:x", "no device 'cuda:x'"), ("", "no device ''"),
])
def test_devices_that_are_not_there(name: str, words: str) -> None:
    with pytest.raises(KinemaError, match=words):
        Machine(accelerator=name).device()
    assert Machine(accelerator="cpu").device().type == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_cuda_where_there_is_none(name: str) -> None:
    with pytest.raises(KinemaError, match=f"no device '{name}' here; there is cpu"):
        Machine(accelerator=name).device()


@pytest.mark.parametrize(("sources", "reaches"), [(("s",) * 12, 0.79), (tuple("abcdef") * 2, 0.39)])
def test_a_difference_that_all_resamples_agree_on_is_not_certain(sources: tuple[str, ...], reaches: float) -> None:
    """One source, or several that are alike, cannot say how much another source would differ: Wilson's 0 of 1, of 6."""
    clips, targets_N = tuple(map(str, range(12))), np.zeros(12, int)
    wrong_N = np.arange(12) < 6 if len({*sources}) == 1 else np.ones(12, bool)
    one, other = (Predictions(clips, np.eye(2)[answers_N.astype(int)][:, None], targets_N, ("x", "y"), sources)
                  for answers_N in (targets_N, wrong_N))
    found = difference(one, other)
    assert found.sources == len({*sources})
    assert found.estimate.value == wrong_N.mean()
    assert found.estimate.low == pytest.approx(wrong_N.mean() - reaches, abs=0.01)
    assert found.estimate.high == pytest.approx(min(wrong_N.mean() + reaches, 1.0), abs=0.01)


def test_no_difference_is_not_certain_where_answers_differ() -> None:
    clips, targets_N = tuple(map(str, range(8))), np.zeros(8, int)
    one, other = (Predictions(clips, scale * np.eye(2)[targets_N][:, None], targets_N, ("x", "y")) for scale in (1, 2))
    assert difference(one, other).estimate.to_list() == pytest.approx([-0.32, 0.32], abs=0.01)


def test_clips_of_one_file_are_told_apart(tmp_path: Path) -> None:
    logits_NVK = np.eye(2)[[0, 1, 0]][:, None]
    one = Predictions(("a", "a", "b"), logits_NVK, np.array([0, 1, 1]), ("x", "y"), parts=("0 5", "5 9", "- -"))
    order = [2, 0, 1]
    other = Predictions(("b", "a", "a"), logits_NVK[order], one.targets[order], one.labels, parts=("- -", "0 5", "5 9"))
    found = difference(one, Predictions.load(other.save(tmp_path / "other.npz")))
    assert found.paired
    assert found.estimate.to_list() == [0, 0]
    assert not difference(one, replace(other, parts=None)).paired
