"""Streams trained apart are judged together: what each knows adds up, and what cannot be fused is told."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.data.clips import ClipRow, ClipTable
from kinema.errors import DataError, RunError
from kinema.evaluation.fusion import averaged, fuse, hindrance, same_clips, through_layer
from kinema.evaluation.predict import parts_of
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.result import Evaluation
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.train import train
from tests.cli.test_cli import kinema
from tests.conftest import TINY

HERE = Machine(accelerator="cpu", workers=0)


@pytest.fixture(scope="module")
def flow_run(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of flow on the clips of `tiny_run`."""
    out = tmp_path_factory.mktemp("runs") / "flow"
    options = {**TINY, "model": "tsn-resnet_tiny", "input": "flow_stack5", "epochs": 1}
    recipe = Recipe(str(motion), out=str(out), **options)
    train(recipe, HERE, quiet=True)
    return out


@pytest.fixture
def colour_run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run of colour of the test's own."""
    return Path(shutil.copytree(tiny_run, tmp_path / "colour"))


def stream(sure_of: tuple[int, int], targets: np.ndarray) -> Predictions:
    """A stream that tells two of four classes apart and knows the other two from them, but not which of them it is."""
    logits_NK = np.where(np.isin(np.arange(4), sure_of), -4.0, 1.0) * np.ones((len(targets), 1))
    for clip, target in enumerate(targets):
        if target in sure_of:
            logits_NK[clip] = np.where(np.arange(4) == target, 3.0, -4.0)
    paths = tuple(f"{clip}.mp4" for clip in range(len(targets)))
    return Predictions(paths, logits_NK[:, None], targets, ("a", "b", "c", "d"))


def test_what_one_stream_does_not_know_the_other_does() -> None:
    targets = np.arange(40) % 4
    streams = [stream((0, 1), targets), stream((2, 3), targets)]
    for fused_NK in (averaged(streams, np.array([0.5, 0.5])), through_layer(streams, streams)):
        assert (fused_NK.argmax(1) == targets).all()
        assert fused_NK.sum(1) == pytest.approx(1)
    assert np.allclose(averaged(streams, np.array([1.0, 0.0])), streams[0].scores_NK())


def test_the_linear_layer_learns_which_stream_to_trust() -> None:
    targets = np.arange(60) % 4
    noise = replace(stream((0, 1), targets), logits_NVK=np.random.default_rng(0).normal(0, 6, (60, 1, 4)))
    good = replace(noise, logits_NVK=np.eye(4)[targets][:, None] * 1.5)  # right, and less sure than the noise
    assert (averaged([noise, good], np.array([0.5, 0.5])).argmax(1) == targets).mean() < 0.8
    learnt, judged = ([replace(each, logits_NVK=each.logits_NVK[part], targets=targets[part], paths=each.paths[part])
                       for each in (noise, good)] for part in (slice(0, 40), slice(40, 60)))
    assert (through_layer(learnt, judged).argmax(1) == targets[40:]).all()


def test_classes_without_validation_clips_and_several_labels_are_no_hindrance() -> None:
    targets = np.arange(20) % 2  # no clip of the other two classes
    streams = [stream((0, 1), targets), stream((2, 3), targets)]
    scores_NK = through_layer(streams, streams)
    assert (scores_NK.argmax(1) == targets).all()
    assert not scores_NK[:, 2:].any()
    several = [replace(each, targets=np.eye(4)[targets]) for each in streams]
    assert (through_layer(several, several)[:, :2].argmax(1) == targets).all()


@pytest.mark.slow
def test_runs_are_fused_on_the_clips_that_neither_learnt_from(colour_run: Path, flow_run: Path) -> None:
    shares = "--weight", "1", "--weight", "3"
    told = json.loads(kinema("fuse", colour_run, flow_run, *shares, "--workers", "0", "--json"))
    folders = colour_run, flow_run, colour_run, colour_run
    names = "test", "test", "test-with-flow-average", "test-with-flow-linear"
    colour, flow, average, linear = (Evaluation.load(folder / "evaluation" / f"{name}.json")
                                     for folder, name in zip(folders, names, strict=True))
    scores = [stream.predictions.scores_NK() for stream in (colour, flow)]
    assert np.allclose(average.predictions.scores_NK(), 0.25 * scores[0] + 0.75 * scores[1], atol=1e-6)
    assert average.predictions.clips == linear.predictions.clips == colour.predictions.clips
    assert average.about.gmacs == pytest.approx(colour.about.gmacs + flow.about.gmacs)
    assert colour.about.flow_seconds == 0 < flow.about.flow_seconds == average.about.flow_seconds
    assert [told[how]["top1"] for how in ("average", "linear")] == [average.top1, linear.top1]
    assert told["gains"]["average"]["paired"]
    assert told["why_not"] == ""


def test_streams_are_judged_by_a_protocol_before_they_are_fused(colour_run: Path, flow_run: Path) -> None:
    text = kinema("fuse", colour_run, flow_run, "--protocol", "3x2", "--average", "logits", "--workers", "0")
    assert text.count("3x2 (ssv2), average of logits") == 4
    colour, flow, average = (Evaluation.load(folder / "evaluation" / f"{name}.json") for folder, name in (
        (colour_run, "test-2x3-logits"), (flow_run, "test-2x3-logits"),
        (colour_run, "test-2x3-logits-with-flow-average")))
    assert (colour.views, average.views, average.by_clips) == (6, 6, [])
    assert average.to_dict()["gmacs"] == pytest.approx(6 * (colour.about.gmacs + flow.about.gmacs))
    scores = [stream.predictions.scores_NK() for stream in (colour, flow)]
    assert np.allclose(average.predictions.scores_NK(), (scores[0] + scores[1]) / 2, atol=1e-6)
    assert "leave out --views" in kinema("fuse", colour_run, flow_run, "--protocol", "3x2", "--views", "2", code=2)


def test_a_part_that_one_stream_alone_could_read_is_told(tiny_run: Path) -> None:
    rows = ClipRow("long.mp4", (0,), 0.0, 1.0), ClipRow("long.mp4", (1,), 1.0, 2.0), ClipRow("whole.mp4", (2,))
    table = ClipTable(rows, ("a", "b", "c", "d"), tiny_run)
    whole, lacking = (replace(stream((0, 1), np.array(kept)), paths=tuple(rows[index].path for index in kept),
                              parts=parts_of(table, kept)) for kept in ((0, 1, 2), (1, 2)))
    runs = [Run.open(tiny_run)] * 2
    same_clips(runs, [whole, whole])
    with pytest.raises(DataError, match=r"1 could be read for one of them alone, such as a part of long\.mp4"):
        same_clips(runs, [whole, lacking])
    assert parts_of(table, (2,)) == ("- - - -",)  # a whole file is called the same, whatever else could be read
    assert parts_of(table.subset([2]), (0,)) is None


def test_what_cannot_be_fused_is_told(colour_run: Path, flow_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="1 run came"):
        fuse([colour_run])
    with pytest.raises(RunError, match="one for each"):
        fuse([colour_run, flow_run], weights=[1.0])
    other = Path(shutil.copytree(flow_run, tmp_path / "other"))
    facts = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps({**facts, "labels": facts["labels"][::-1]}))
    with pytest.raises(RunError, match="other classes"):
        fuse([colour_run, other])
    third = Path(shutil.copytree(flow_run, tmp_path / "third"))
    clips = (third / "clips.csv").read_text()
    (third / "clips.csv").write_text(clips.replace(",val", ",train"))
    assert "was trained on clips" in hindrance([Run.open(colour_run), Run.open(third)])
    assert "kept no clips" in hindrance([Run.open(third), Run.open(colour_run)])
    (third / "clips.csv").write_text(clips.replace(",test", ",train", 1))
    with pytest.raises(DataError, match="different clips"):
        fuse([colour_run, third])
