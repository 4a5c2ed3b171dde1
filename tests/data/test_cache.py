"""The cache of decoded clips: the same frames as the video, within its bound, and never in the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.data.cache import ClipCache, StoredFrames, VideoPart
from kinema.data.clips import ClipRow, read_table
from kinema.data.video import open_video
from kinema.errors import VideoError
from kinema.models.clip import ClipSpec

SPEC = ClipSpec(frames=4, height=32, width=32)


def rows(motion: Path) -> list[ClipRow]:
    return list(read_table(motion).rows)


def test_the_second_reading_comes_from_the_cache_and_is_the_same(motion: Path, tmp_path: Path) -> None:
    row = rows(motion)[0]
    first = ClipCache(tmp_path, SPEC).open(motion / row.path, row)
    second = ClipCache(tmp_path, SPEC).open(motion / row.path, row)
    assert isinstance(second, StoredFrames)
    assert isinstance(second.frames_THWC, np.memmap)
    assert np.array_equal(first.read([0, 3, 5]), second.read([0, 3, 5]))
    assert np.array_equal(first.times_seconds, second.times_seconds)
    assert np.array_equal(second.read([2]), open_video(motion / row.path).read([2]))


def test_a_row_is_its_part_of_the_video(motion: Path, tmp_path: Path) -> None:
    row = rows(motion)[0]
    video = open_video(motion / row.path)
    times = video.times_seconds
    part = replace(row, start_seconds=float(times[2]), end_seconds=float(times[5]))
    for cache in (ClipCache(tmp_path, SPEC), ClipCache(None, SPEC)):
        frames = cache.open(motion / row.path, part)
        assert len(frames.times_seconds) == 3
        assert np.array_equal(frames.read([0, 2]), video.read([2, 4]))
    by_number = ClipCache(None, SPEC).open(motion / row.path, replace(row, start_frame=6, end_frame=8))
    assert np.array_equal(by_number.read([0, 1]), video.read([6, 7]))


def test_a_part_without_frames_is_said(motion: Path, tmp_path: Path) -> None:
    row = replace(rows(motion)[0], start_seconds=1000.0)
    for folder in (tmp_path, None):
        with pytest.raises(VideoError, match="no frame in the part"):
            ClipCache(folder, SPEC).open(motion / row.path, row)


def test_it_stays_within_its_bound(motion: Path, tmp_path: Path) -> None:
    clips = rows(motion)
    size = ClipCache(None, SPEC).open(motion / clips[0].path, clips[0]).read(range(8)).nbytes
    cache = ClipCache(tmp_path, SPEC, limit_bytes=3 * size)
    for row in clips:
        cache.open(motion / row.path, row)
    stored = [path for path in tmp_path.iterdir() if not path.name.endswith(".times.npy")]
    assert 1 <= len(stored) <= 4
    smaller = ClipCache(tmp_path, SPEC, limit_bytes=size)
    assert smaller.used.value <= size


def test_a_changed_file_is_read_anew(motion: Path, tmp_path: Path) -> None:
    first, second = rows(motion)[:2]
    copy = tmp_path / "clip.mp4"
    copy.write_bytes((motion / first.path).read_bytes())
    before = ClipCache(tmp_path / "cache", SPEC).open(copy, first).read([0])
    copy.write_bytes((motion / second.path).read_bytes())
    assert not np.array_equal(ClipCache(tmp_path / "cache", SPEC).open(copy, first).read([0]), before)


def test_a_folder_that_cannot_be_written_is_no_hindrance(motion: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    row = rows(motion)[0]
    frames = ClipCache(tmp_path / "file" / "cache", SPEC).open(motion / row.path, row)
    assert isinstance(frames, VideoPart)
    assert len(frames.read([0])) == 1


def test_a_half_written_entry_is_passed_over(motion: Path, tmp_path: Path) -> None:
    row = rows(motion)[0]
    whole = ClipCache(tmp_path, SPEC).open(motion / row.path, row).read(range(8))
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert np.array_equal(ClipCache(tmp_path, SPEC).open(motion / row.path, row).read(range(8)), whole)
