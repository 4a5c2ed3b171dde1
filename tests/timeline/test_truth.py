"""The truth of long videos: both kinds of file, the names of videos, and what is wrong with a row."""

import json
from pathlib import Path

import pytest

from kinema.errors import DataError
from kinema.timeline.segments import Segment
from kinema.timeline.truth import in_labels, read_truth


def test_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("path,start,end,label,split\nvideos/a.mp4,1:05,70.5,Run,train\nvideos/a.mp4,3,4,jump,train\n"
                    "videos/b.mp4,,,,val\n", encoding="utf-8")
    truth = read_truth(path, ("run", "jump"))
    assert [(each.start_seconds, each.end_seconds, each.label) for each in truth.of("videos/a.mp4")] == [
        (3, 4, "jump"), (65, 70.5, "run")]
    assert truth.of("/elsewhere/b.mp4") == ()
    assert truth.splits == {"videos/a.mp4": "train", "videos/b.mp4": "val"}
    (tmp_path / "videos").mkdir()
    for name in "ab":
        (tmp_path / "videos" / f"{name}.mp4").write_bytes(b"")
    assert truth.paths()["videos/b.mp4"] == tmp_path / "videos" / "b.mp4"


def test_the_truth_in_a_networks_own_labels() -> None:
    truth = {"a": [Segment(0, 1, "Run "), Segment(1, 2, "no fight"), Segment(2, 3, "swim")], "b": []}
    found, unknown = in_labels(truth, ("run", "No Fight"), quiet=("No Fight",))
    assert [each.label for each in found["a"]] == ["run", "swim"]
    assert (found["b"], unknown) == ((), ("swim",))


def test_activitynets_json(tmp_path: Path) -> None:
    path = tmp_path / "anet.json"
    path.write_text(json.dumps({"database": {
        "x7": {"subset": "validation", "annotations": [{"segment": [2, 9.5], "label": "Surfing"}]},
        "y8": {"subset": "training", "annotations": None}}}), encoding="utf-8")
    truth = read_truth(path)
    assert truth.of("clips/v_x7.mkv")[0].end_seconds == 9.5
    assert truth.of("y8.mp4") == ()
    assert truth.splits == {"x7": "val", "y8": "train"}
    (tmp_path / "v_x7.mkv").write_bytes(b"")
    (tmp_path / "y8.mp4").write_bytes(b"")
    assert truth.paths()["x7"].name == "v_x7.mkv"


@pytest.mark.parametrize(("text", "says"), [
    ("path,label\na.mp4,run\n", "row 2: run lasts from None to None"),
    ("path,start,end,label\na.mp4,5,4,run\n", "from 5.0 to 4.0"),
    ("path,start,end,label\na.mp4,0,4,runn\n", "Nearest: run"),
    ("path,start,end\na.mp4,0,4\n", "no column is called 'label'"),
    ("path,start,end,label\na.mp4,soon,4,run\n", "'soon' is no time"),
    ("path,start,end,label\n", "names no video"),
])
def test_what_is_wrong_is_said_with_its_row(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        read_truth(path, ("run",))


@pytest.mark.parametrize("annotation", [{"segment": [1, float("nan")], "label": "run"}, {"segment": [1, 2], "label": 3},
                                        {"segment": [1, 2, 3], "label": "run"}, {"segment": [1, 2]}])
def test_an_annotation_that_is_none_is_said(tmp_path: Path, annotation: dict[str, object]) -> None:
    path = tmp_path / "anet.json"
    path.write_text(json.dumps({"database": {"x7": {"annotations": [annotation]}}}), encoding="utf-8")
    with pytest.raises(DataError, match="is not ActivityNet's JSON"):
        read_truth(path)


def test_segments_without_length_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "anet.json"
    path.write_text(json.dumps({"database": {"x7": {"annotations": [
        {"segment": [2, 9], "label": "Surfing"}, {"segment": [5, 5], "label": "Surfing"},
        {"segment": [6, 4], "label": "Golf"}]}}}), encoding="utf-8")
    truth = read_truth(path)
    assert len(truth.of("x7.mp4")) == 1
    assert truth.note == f"{path}: 2 segments without any length left out, such as Surfing of x7, from 5 to 5 s."


def test_unknown_videos_and_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("path,start,end,label\nmatch.mp4,0,4,run\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no such video: macth.mp4. Nearest: match.mp4"):
        read_truth(path).of("macth.mp4")
    with pytest.raises(DataError, match="no such file"):
        read_truth(path).paths()
    with pytest.raises(DataError, match="There is no"):
        read_truth(tmp_path / "absent.csv")
    (tmp_path / "other.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="not ActivityNet's JSON"):
        read_truth(tmp_path / "other.json")
