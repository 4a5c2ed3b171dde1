"""The doctor names every broken file and goes on, whatever a file does to the decoder."""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kinema import read_table
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.doctor import HealthReport, check
from kinema.data.doctor.inspect import inspect
from kinema.data.doctor.pool import Worker, inspect_all
from kinema.data.splits import split_table
from kinema.data.synthetic.encode import write_mp4

WHOLE = (None, None, None, None)


def video(path: Path, seed: int = 0, frames: int = 12) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    write_mp4(path, rng.integers(0, 255, (frames, 32, 48, 3), dtype=np.uint8), fps=10)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes with, in all, four sound clips, a copy, a mislabelled copy, a short one and three broken ones."""
    root = tmp_path_factory.mktemp("clips")
    for number in range(4):
        video(root / ("run", "walk")[number % 2] / f"{number}.mp4", number)
    shutil.copy(root / "run/0.mp4", root / "run/copy.mp4")
    shutil.copy(root / "walk/1.mp4", root / "run/wrong.mp4")
    video(root / "run/short.mp4", 9, frames=3)
    (root / "run/empty.mp4").touch()
    (root / "walk/text.mp4").write_text("no video\n" * 100)
    (root / "walk/cut.mp4").write_bytes((root / "run/2.mp4").read_bytes()[:500])
    return root


@pytest.fixture(scope="module")
def report(clips: Path) -> HealthReport:
    return check(clips)


def paths(report: HealthReport, kind: str) -> list[str]:
    return [
        report.table.rows[found.row].path for found in report.problems if found.kind == kind and found.row is not None
    ]


def test_every_problem_is_named(report: HealthReport) -> None:
    assert paths(report, "unreadable") == ["run/empty.mp4", "walk/cut.mp4", "walk/text.mp4"]
    assert paths(report, "short") == ["run/short.mp4"]
    assert paths(report, "duplicate") == ["run/copy.mp4"]
    assert paths(report, "conflict") == ["run/wrong.mp4", "walk/1.mp4"]
    assert report.count() == {"unreadable": 3, "short": 1, "conflict": 2, "duplicate": 1}


def test_the_numbers_are_those_of_the_videos(report: HealthReport) -> None:
    facts = report.to_dict()
    assert (facts["clips"], facts["files"], facts["classes"]) == (10, 10, 2)
    assert facts["sizes"] == {"48x32": 7}
    assert facts["ranges"]["frames"] == [3, 12, 12]
    assert facts["ranges"]["fps"] == pytest.approx([10, 10, 10])
    assert facts["total_seconds"] == pytest.approx(6 * 1.2 + 0.3)
    assert facts["class_counts"] == {"run": 6, "walk": 4}
    assert json.loads(json.dumps(facts)) == facts


def test_the_text_says_what_the_clips_are_and_what_is_wrong(report: HealthReport) -> None:
    text = report.to_text()
    assert "10 clips in 10 files, 2 classes" in text
    assert "3 x unreadable" in text
    assert "run/copy.mp4 has the same frames as run/0.mp4" in text
    assert "3 of 10 clips can be used. Nothing was deleted" in text


def test_the_cleaned_list_can_be_read_and_nothing_is_deleted(report: HealthReport, clips: Path, tmp_path: Path) -> None:
    before = sorted(clips.rglob("*"))
    cleaned = read_table(report.write_clean(tmp_path / "clean.csv"))
    assert [cleaned.path(row).relative_to(clips).as_posix() for row in cleaned.rows] == [
        "run/0.mp4",
        "run/2.mp4",
        "walk/3.mp4",
    ]
    assert sorted(clips.rglob("*")) == before
    assert check(cleaned).problems == ()


def test_a_partly_broken_file_stays_and_is_named(tmp_path: Path) -> None:
    video(tmp_path / "a/whole.mp4", 1)
    import av

    with av.open(str(tmp_path / "a/whole.mp4")) as source, av.open(str(tmp_path / "a/half.ts"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = (tmp_path / "a/half.ts").read_bytes()
    (tmp_path / "a/half.ts").write_bytes(data[: len(data) * 2 // 3])
    report = check(tmp_path, min_frames=2)
    assert paths(report, "broken") == ["a/half.ts"]
    assert len(report.clean()) == 2


def test_copies_and_sources_across_splits_keep_the_test_side(clips: Path) -> None:
    names = ["run/0.mp4", "run/2.mp4", "walk/3.mp4", "run/copy.mp4"]
    splits, sources = ("train", "val", "train", "test"), (None, "s", "s", None)
    rows = tuple(
        ClipRow(name, (int(name[0] == "w"),), split=split, source=source)
        for name, split, source in zip(names, splits, sources, strict=True)
    )
    report = check(ClipTable(rows, ("run", "walk"), clips))
    assert [problem.text for problem in report.problems] == [
        "run/0.mp4 has the same frames as run/copy.mp4, across splits train and test.",
        "walk/3.mp4: source s is in split train and in split val.",
    ]
    assert [row.path for row in report.clean().rows] == ["run/2.mp4", "run/copy.mp4"]


def test_a_leak_is_gone_from_the_cleaned_list(clips: Path) -> None:
    rows = [
        ClipRow("run/0.mp4", (0,), 0, 0.5, split="train"),
        ClipRow("run/0.mp4", (0,), 0.5, 1.2, split="test"),
        ClipRow("walk/3.mp4", (1,), split="train"),
        ClipRow("run/2.mp4", (0,), fold="1", source="z"),
        ClipRow("walk/1.mp4", (1,), fold="2", source="z"),
    ]
    report = check(ClipTable(tuple(rows), ("run", "walk"), clips), min_frames=1)
    assert report.count() == {"leak": 2}
    assert len(split_table(report.clean()).train) == 2


def test_parts_are_measured_on_their_own(clips: Path) -> None:
    rows = (
        ClipRow("run/0.mp4", (0,), 0.0, 0.55),
        ClipRow("run/0.mp4", (0,), start_frame=4, end_frame=12),
        ClipRow("run/0.mp4", (0,), 50.0),
    )
    report = check(ClipTable(rows, ("run",), clips))
    assert [problem.text for problem in report.problems] == [
        "run/0.mp4: 6 frames of the file's 12 in its part, fewer than 8.",
        "run/0.mp4: 0 frames of the file's 12 in its part, fewer than 8.",
    ]


def test_missing_files_and_labels_are_named(clips: Path) -> None:
    rows = (ClipRow("gone.mp4", (0,)), ClipRow("run/0.mp4"), ClipRow("run/2.mp4", split="test"))
    report = check(ClipTable(rows, ("run",), clips))
    assert report.count() == {"missing": 1, "unlabelled": 1}
    assert "gone.mp4 does not exist" in report.problems[0].text
    assert check(ClipTable((), ("run",), clips)).count() == {"empty class": 1}


def test_a_folder_of_frames_is_as_good_as_a_file(tmp_path: Path) -> None:
    import av

    for number in range(9):
        (tmp_path / "a/frames").mkdir(parents=True, exist_ok=True)
        picture = np.full((32, 32, 3), number * 20, np.uint8)
        av.VideoFrame.from_ndarray(picture, format="rgb24").save(str(tmp_path / f"a/frames/{number}.png"))
    report = check(tmp_path)
    assert report.problems == ()
    assert report.files["a/frames"].frames == 9


def test_content_is_that_of_the_frames(clips: Path, tmp_path: Path) -> None:
    first = inspect(clips / "run/0.mp4", [WHOLE])
    assert first.part_frames == (12,)
    assert inspect(clips / "run/copy.mp4", []).content == first.content
    assert inspect(clips / "run/2.mp4", []).content != first.content


def test_progress_counts_every_file(clips: Path) -> None:
    seen: list[tuple[int, int]] = []
    check(clips, workers=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 10) for number in range(1, 11)]


FAKE = """
import json, os, sys, time
for line in sys.stdin:
    name = os.path.basename(json.loads(line)["path"])
    if name == "crash": os.kill(os.getpid(), 9)
    if name == "hang": time.sleep(60)
    print(json.dumps({"frames": 7, "part_frames": [], "warnings": []}), flush=True)
"""


@pytest.mark.slow
def test_files_that_crash_or_hang_the_decoder_are_named_and_the_rest_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fake.py").write_text(FAKE)
    import subprocess

    start = subprocess.Popen
    monkeypatch.setattr(
        "subprocess.Popen", lambda _, **rest: start([sys.executable, str(tmp_path / "fake.py")], **rest)
    )
    names = ["good", "crash", "good", "hang", "good", "good"]
    began = time.monotonic()
    results = dict(inspect_all([(Path(name), []) for name in names], workers=2, timeout_seconds=1.5))
    assert time.monotonic() - began < 20
    assert [results[number].frames for number in range(6)] == [7, 0, 7, 0, 7, 7]
    assert results[1].error == "crash crashes the decoder (exit -9). Copy or convert it again."
    assert results[3].error == "hang was not decoded after 1.5 s. Copy or convert it again."


def test_stopping_half_way_ends_the_processes(clips: Path) -> None:
    worker = Worker(60)
    assert worker.inspect((clips / "run/0.mp4", [])).frames == 12
    process = worker.process
    worker.stop()
    assert process.poll() is not None
    results = inspect_all([(clips / "run/0.mp4", [])] * 50, workers=1, timeout_seconds=60)
    assert next(results)[1].frames == 12
    results.close()
