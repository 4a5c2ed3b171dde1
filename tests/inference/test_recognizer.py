"""Recognising: the same answer for the same video, however it comes, and no surprise on bad ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema import Recognizer, create_model
from kinema.data.synthetic.encode import write_mp4
from kinema.errors import KinemaError, VideoError
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.predict import predict
from kinema.inference.features import features
from kinema.inference.source import several_labels
from kinema.machine import Machine
from kinema.models.clip import ClipSpec
from kinema.runs import Run
from kinema.weights.catalogue import all_checkpoints


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    model = create_model("tam-resnet_tiny", ("rise", "fall", "rest"), clip=ClipSpec(4, 32, 32)).eval()
    torch.nn.init.normal_(model.classifier.weight)
    return model


@pytest.fixture(scope="module")
def moving() -> np.ndarray:
    """Two seconds of a bright square that moves, at 25 frames a second."""
    frames = np.full((50, 48, 64, 3), 40, np.uint8)
    for k in range(50):
        frames[k, 8:20, k:k + 12] = (250, 200, 80)
    return frames


def test_every_label_with_its_probability(network, moving) -> None:
    result = Recognizer(network, device="cpu")(moving)
    assert {label for label, _ in result.top} == {"rise", "fall", "rest"}
    scores = [score for _, score in result.top]
    assert sum(scores) == pytest.approx(1)
    assert scores == sorted(scores, reverse=True)
    assert result.label == result.top[0][0]
    assert not result.unknown
    assert [(start, end) for start, end, _ in result.windows] == [pytest.approx((0, 2))]


def test_the_same_answer_twice(network, moving) -> None:
    recognizer = Recognizer(network, device="cpu", views=2)
    assert recognizer(moving).top == recognizer(moving).top


def test_a_long_video_is_the_mean_of_its_windows(network, moving) -> None:
    recognizer = Recognizer(network, device="cpu", window=0.6)
    result = recognizer(moving)
    assert result.windows[0][0] == 0
    assert result.windows[-1][1] == pytest.approx(2)
    assert len(result.windows) > 3
    mean = np.mean([scores for _, _, scores in result.windows], axis=0)
    assert dict(result.top) == pytest.approx(dict(zip(network.labels, mean.tolist(), strict=True)))


def test_temperature_and_unknown_are_applied(network, moving) -> None:
    recognizer = Recognizer(network, device="cpu")
    sure = recognizer(moving).top[0][1]
    recognizer.calibration = Calibration(temperature=50.0, unknown_below=0.9)
    doubtful = recognizer(moving)
    assert 1 / 3 < doubtful.top[0][1] < sure
    assert doubtful.unknown


def test_paths_and_what_cannot_be_read(network, moving, tmp_path: Path) -> None:
    recognizer = Recognizer(network, device="cpu")
    path = tmp_path / "moving.mp4"
    write_mp4(path, moving, 25)
    assert len(recognizer(path).top) == 3
    (tmp_path / "text.mp4").write_text("no video at all")
    for wrong in (tmp_path / "text.mp4", tmp_path / "absent.mp4", tmp_path):
        with pytest.raises(VideoError, match=str(wrong)):
            recognizer(wrong)


@pytest.mark.parametrize("name", ["out.npz", "out.parquet"])
def test_features_of_windows(network, moving, tmp_path: Path, name: str) -> None:
    paths = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for path, frames in zip(paths, (moving, moving[::-1]), strict=True):
        write_mp4(path, frames, 25)
    recognizer = Recognizer(network, device="cpu", window=0.6)
    if name.endswith("parquet"):
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
        table = parquet.read_table(features(recognizer, paths, tmp_path / name)).to_pydict()
        videos, starts, vectors = table["video"], table["start_seconds"], np.array(table["features"])
    else:
        with np.load(features(recognizer, paths, tmp_path / name)) as saved:
            videos, starts, vectors = saved["video"].tolist(), saved["start_seconds"].tolist(), saved["features_ND"]
    assert videos == sorted(videos)
    assert set(videos) == {str(path) for path in paths}
    assert starts[0] == 0
    assert vectors.shape == (len(videos), network.classifier.in_features)
    assert not np.allclose(vectors[0], vectors[-1])


def test_a_run_answers_as_its_evaluation_did(tiny_run: Path) -> None:
    run = Run.open(tiny_run)
    table = run.split().test.subset(range(3))
    found = predict(run.model(), table, machine=Machine(accelerator="cpu", workers=0)).predictions
    recognizer = Recognizer(tiny_run, device="cpu")
    expected_NK = found.scores_NK(Calibration.of(tiny_run).temperature)
    for row, expected_K in zip(table.rows, expected_NK, strict=True):
        result = recognizer(table.path(row))
        assert [dict(result.top)[label] for label in run.labels] == pytest.approx(expected_K.tolist(), abs=1e-6)


def test_features_name_what_cannot_be_read(network, moving, tmp_path: Path) -> None:
    write_mp4(tmp_path / "a.mp4", moving, 25)
    (tmp_path / "b.mp4").write_bytes(b"")
    recognizer = Recognizer(network, device="cpu")
    with pytest.raises(VideoError, match="1 of 2 videos"):
        features(recognizer, [tmp_path / "a.mp4", tmp_path / "b.mp4"], tmp_path / "out.npz")
    assert (tmp_path / "out.npz").is_file()
    with pytest.raises(KinemaError, match="npz or"):
        features(recognizer, [tmp_path / "a.mp4"], tmp_path / "out.txt")


def test_labels_are_scored_apart_where_clips_have_several(tiny_run: Path) -> None:
    charades = next(row.id for row in all_checkpoints().values() if row.dataset == "charades")
    kinetics = next(row.id for row in all_checkpoints().values() if row.dataset == "kinetics400")
    run = Run.open(tiny_run)
    several = replace(run, facts={**run.facts, "multi_label": True})
    assert [several_labels(source, None) for source in (charades, kinetics, run.model())] == [True, False, False]
    assert [several_labels(each, each) for each in (several, run)] == [True, False]
