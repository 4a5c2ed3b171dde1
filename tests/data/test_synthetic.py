"""Made-up data sets: their files, their tables, and that nothing but the seed decides what is in them."""

import csv
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from kinema.data.synthetic import DEFAULTS, KINDS, make, plan, preview, read_truth, synthetic_spec
from kinema.data.synthetic.encode import write_mp4
from kinema.data.synthetic.spec import SyntheticSpec
from kinema.data.synthetic.truth import from_runs, to_runs
from kinema.data.video import open_video
from kinema.errors import DataError


def small(kind: str, **options: float) -> SyntheticSpec:
    given = {"clips": 2 * len(KINDS[kind].labels), "frames": 6, "height": 32, "width": 48}
    return synthetic_spec(kind, **{**given, **options})


def decode(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_is_files_a_table_and_their_truth(kind: str, tmp_path: Path) -> None:
    spec, told = small(kind), []
    folder = make(spec, tmp_path / kind, workers=1, progress=lambda done, total: told.append((done, total)))
    with (folder / "clips.csv").open() as file:
        rows = list(csv.DictReader(file))
    truth = read_truth(folder)
    assert told[-1] == (spec.clips, spec.clips)
    assert [row["path"] for row in rows] == list(truth)
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.mp4")} == set(truth)
    assert Counter(row["label"] for row in rows) == dict.fromkeys(KINDS[kind].labels, 2)
    for row in rows:
        assert row["path"].split("/")[0] == row["label"] == truth[row["path"]].label
        assert truth[row["path"]].events[0][0] == row["label"]
    with open_video(folder / rows[0]["path"]) as video:
        frames = video.read(range(len(video)))
        assert video.fps == pytest.approx(spec.fps)
        assert not video.warnings
    assert frames.shape == (spec.frames, spec.height, spec.width, 3)
    masks = truth[rows[0]["path"]].masks
    assert masks
    assert all(mask.shape == frames.shape[:3] for mask in masks.values())


@pytest.mark.parametrize("kind", KINDS)
def test_sources_stay_on_one_side_and_sides_have_their_share(kind: str) -> None:
    clips = plan(synthetic_spec(kind, clips=1200))
    sides: dict[str, set[str]] = {}
    for clip in clips:
        sides.setdefault(clip.source, set()).add(clip.split)
    assert all(len(side) == 1 for side in sides.values())
    assert sum(clip.split == "test" for clip in clips) / len(clips) == pytest.approx(0.2, abs=0.02)
    for split in ("train", "test"):
        counts = Counter(clip.label for clip in clips if clip.split == split)
        assert set(counts) == set(KINDS[kind].labels)
        assert max(counts.values()) - min(counts.values()) <= KINDS[kind].rounds


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, {"train"}), (1.0, {"test"}), (0.01, {"train", "test"})])
def test_either_side_may_be_all(fraction: float, expected: set[str]) -> None:
    assert {clip.split for clip in plan(small("motion", test_fraction=fraction))} == expected


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    spec = small("motion", clips=40)
    alone, together = make(spec, tmp_path / "alone", workers=1), make(spec, tmp_path / "together", workers=2)
    assert contents(alone) == contents(together)


def test_the_seed_changes_every_clip_and_the_size_of_a_set_none(tmp_path: Path) -> None:
    spec = small("motion", clips=6, test_fraction=0)
    first = contents(make(spec, tmp_path / "first", workers=1))
    other = contents(make(replace(spec, seed=1), tmp_path / "other", workers=1))
    more = contents(make(replace(spec, clips=9), tmp_path / "more", workers=1))
    videos = [path for path in first if path.endswith(".mp4")]
    assert len(videos) == 6
    assert all(first[path] != other[path] and first[path] == more[path] for path in videos)


def test_a_file_keeps_no_trace_of_the_order_of_its_frames(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (9, 48, 64, 3), np.uint8)
    frames[:, 10:30, 10:30] = np.arange(0, 180, 20)[:, None, None, None]
    write_mp4(tmp_path / "on.mp4", frames, 12)
    write_mp4(tmp_path / "back.mp4", frames[::-1], 12)
    assert np.array_equal(decode(tmp_path / "on.mp4"), decode(tmp_path / "back.mp4")[::-1])


def test_a_finished_set_is_left_alone_and_anything_else_is_refused(tmp_path: Path) -> None:
    spec = small("scene", clips=8)
    folder = make(spec, tmp_path / "set", workers=1)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert make(spec, folder, workers=1) == folder
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    (folder / "clips.csv").unlink()  # as if it had been interrupted: made again
    make(spec, folder, workers=1)
    assert (folder / "clips.csv").is_file()
    with pytest.raises(DataError, match="already holds something other"):
        make(replace(spec, seed=1), folder, workers=1)
    with pytest.raises(DataError, match="is a file"):
        make(spec, folder / "clips.csv", workers=1)


@pytest.mark.parametrize(("options", "words"), [
    ({"height": 63}, "62 or 64"), ({"clips": 0}, "at least 1"), ({"difficulty": 2}, "between 0 and 1"),
    ({"fps": 0}, "more than 0"), ({"frames": 1}, "at least 4"), ({"seed": -1}, "at least 0"),
])  # fmt: skip
def test_what_cannot_be_made_is_said_in_words(options: dict[str, float], words: str) -> None:
    with pytest.raises(DataError, match=words):
        synthetic_spec("motion", **options)


def test_an_unknown_kind_is_told_its_nearest() -> None:
    with pytest.raises(DataError, match="Nearest: motion"):
        synthetic_spec("motoin")


def test_run_lengths_give_the_mask_back() -> None:
    rng = np.random.default_rng(0)
    for mask in (rng.random((4, 5, 6)) > 0.5, np.zeros((2, 3, 4), bool), np.ones((2, 3, 4), bool)):
        assert np.array_equal(from_runs(to_runs(mask), mask.shape), mask)


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_has_a_row_for_each_class(kind: str) -> None:
    spec = small(kind)
    assert set(DEFAULTS) == set(KINDS)
    assert preview(spec, columns=3).shape == (len(KINDS[kind].labels) * 32, 3 * 48, 3)


def test_making_clips_needs_no_torch() -> None:
    code = "import sys, kinema.data.synthetic; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
