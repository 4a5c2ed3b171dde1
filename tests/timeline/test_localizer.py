"""From a run and a long video to segments: learnt beside the run, kept, asked for by Python and on the command line."""

import json
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest

from kinema import Localizer, Recognizer
from kinema.data.synthetic.encode import write_mp4
from kinema.data.video import open_video
from kinema.errors import KinemaError, VideoError
from kinema.runs import Run
from kinema.timeline import read_truth, train_timeline
from kinema.timeline.film import films
from kinema.timeline.learnt import Learnt
from kinema.timeline.played import play
from kinema.weights.adopt import adopt
from tests.cli.test_cli import kinema

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside which a timeline was learnt."""
    folder = copytree(tiny_run, tmp_path_factory.mktemp("localizer") / "run")
    train_timeline(folder, per_class=4, device="cpu")
    return folder


@pytest.fixture(scope="module")
def video(run: Path) -> Path:
    """A film of clips of the test side, with its truth in film.csv."""
    table = Run.open(run).split().test
    (film,) = films(table, frozenset(), 0.7, per_class=1, seed=5)
    frames = np.stack([picture for _, picture in film.frames()])
    path = run.parent / "film.mp4"
    write_mp4(path, frames, 12)
    rows = [f"film.mp4,{each.start_seconds},{each.end_seconds},{each.label}" for each in film.truth]
    path.with_suffix(".csv").write_text("\n".join(["path,start,end,label", *rows]), encoding="utf-8")
    return path


def test_windows_are_four_to_each_moment(run: Path, video: Path) -> None:
    recognizer = Recognizer(run, device="cpu")
    with open_video(video) as opened:
        played = play(recognizer, opened, 4)
        lasts = opened.duration_seconds
    assert played.starts_N[0] == 0
    assert played.ends_N[-1] == pytest.approx(lasts, abs=0.1)
    assert played.track.step_seconds == pytest.approx(recognizer.window_seconds / 4, rel=0.02)
    assert played.scores_NK.sum(1) == pytest.approx(np.ones(len(played.scores_NK)), abs=1e-5)
    array = recognizer(video).windows
    assert len(played.starts_N) > 1.8 * len(array)


def test_what_is_learnt_is_kept_beside_the_run(run: Path, video: Path) -> None:
    learnt = Learnt.of(run)
    assert learnt is not None
    assert set(learnt.measures) == {"head", "windows"}
    facts = json.loads((run / "timeline" / "thresholds.json").read_text(encoding="utf-8"))
    assert len(facts["classes"]) == len(learnt.labels)
    assert 0 <= facts["recall"] <= 1
    both = [Localizer(run, "cpu", "head")(video) for _ in range(2)]
    assert both[0].segments == both[1].segments
    assert all(0 <= each.start_seconds < each.end_seconds <= both[0].end_seconds + 1e-6 for each in both[0].segments)
    weights = run / "best.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert Learnt.of(run) is None  # of other weights nothing is known
    weights.write_bytes(data)


def test_a_lower_threshold_finds_no_less(run: Path, video: Path) -> None:
    lengths = [sum(each.seconds for each in Localizer(run, "cpu", "windows", threshold=threshold)(video).segments)
               for threshold in (0.05, 0.3, 0.99)]
    assert lengths[0] >= lengths[1] >= lengths[2]
    assert lengths[0] > 0


def test_annotated_videos_are_learnt_from_too(run: Path, video: Path, tmp_path: Path) -> None:
    folder = copytree(run, tmp_path / "run")
    learnt = train_timeline(folder, truth=video.with_suffix(".csv"), per_class=2, quiet=["left"], device="cpu")
    assert "1 video" in learnt.footage
    assert learnt.quiet == ("left",)
    assert Localizer(folder, "cpu").thresholds_K[learnt.labels.index("left")] > 1
    assert all(each.label != "left" for _, truth in learnt.validation["head"] for each in truth)


def test_annotated_videos_suffice_where_a_run_has_no_clips(run: Path, video: Path, tmp_path: Path) -> None:
    theirs = adopt(Run.open(run).model(), tmp_path / "theirs", "theirs.pth")
    learnt = train_timeline(theirs, truth=video.with_suffix(".csv"), device="cpu")
    assert learnt.footage.startswith("1 video (0 minutes) to learn from, 1 video")
    assert Localizer(theirs, "cpu")(video).labels == theirs.labels


def test_a_network_that_is_no_run_answers_by_its_windows(run: Path, video: Path) -> None:
    localizer = Localizer(Run.open(run).model(), "cpu", threshold=0.2)
    assert localizer.method == "windows"
    assert localizer(video).labels == localizer.labels
    with pytest.raises(KinemaError, match="Only a run"):
        Localizer(Run.open(run).model(), "cpu", precision=0.9)
    with pytest.raises(KinemaError, match="threshold of 3"):
        Localizer(run, "cpu", threshold=3)


def test_the_commands(run: Path, video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = kinema("timeline", run, video, "--out", out, "--threshold", "0.05", "--method", "windows",
                  "--truth", video.with_suffix(".csv"), "--device", "cpu")
    assert "mAP@0.5" in text
    assert "false alarms an hour" in text
    assert sorted(path.suffix for path in out.iterdir()) == [".csv", ".html", ".json", ".srt", ".vtt"]
    facts = json.loads(kinema("timeline", run, video, "--out", out / "only.json", "--recall", "0.5", "--json",
                              "--device", "cpu"))
    assert facts["thresholds"]["goal"] == "recall 50%"
    cut = json.loads(kinema("clips", run, video, "--out", tmp_path / "clips", "--threshold", "0.05", "--most", "2",
                            "--method", "windows", "--device", "cpu", "--json"))
    assert 1 <= len(cut[0]["clips"]) <= 2
    assert all(Path(each["path"]).is_file() for each in cut[0]["clips"])
    assert set(read_truth(out / "film.csv").segments) <= {str(video)}


def test_what_goes_wrong_is_said(run: Path, video: Path, tmp_path: Path) -> None:
    assert "name a folder" in kinema("timeline", run, video, video, "--out", "a.html", code=1)
    assert "neither" in kinema("timeline", run, video, "--out", "a.txt", code=1)
    other = tmp_path / "other" / video.name
    assert "Two of the videos are called film" in kinema("clips", run, video, other, "--device", "cpu", code=1)
    assert "Nearest: left" in kinema("clips", run, video, "--label", "leftt", "--device", "cpu", code=1)
    (tmp_path / "text.mp4").write_text("none")
    text = kinema("timeline", run, tmp_path / "text.mp4", "--out", tmp_path / "o", "--device", "cpu", code=1)
    assert "text.mp4" in text
    rmtree(run / "timeline", ignore_errors=True)
    assert "no file" in kinema("timeline", run, tmp_path / "absent.mp4", "--out", tmp_path / "o", code=1)
    assert not (run / "timeline").exists()  # nothing was learnt for a video that is not there
    with pytest.raises(VideoError):
        Localizer(run, "cpu")(tmp_path / "absent.mp4")
