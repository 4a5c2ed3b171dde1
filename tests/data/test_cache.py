"""The cache of decoded clips: the same frames as the video, within its bound, and never in the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipRow, read_table
from kinema.data.frames import StoredFrames, VideoPart
from kinema.data.video import open_video
from kinema.data.video.pixels import Pixels
from kinema.errors import VideoError
from kinema.models.clip import ClipSpec
from tests.data.encode import How, cut, encode, pictures
from tests.data.test_video_sources import save

SPEC = ClipSpec(frames=4, height=32, width=32)


def rows(motion: Path) -> list[ClipRow]:
    return list(read_table(motion).rows)


def test_the_second_reading_comes_from_the_cache_and_is_the_same(motion: Path, tmp_path: Path) -> None:
    row = rows(motion)[0]
    first = ClipCache(tmp_path, SPEC).open(motion / row.path, row)
    second = ClipCache(tmp_path, SPEC).open(motion / row.path, row)
    assert isinstance(second, StoredFrames)
    assert not second.frames_THWC.flags.writeable  # but mapped
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
    stored = list(tmp_path.glob("*.clip"))
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


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A video of 12 frames that are shrunk for a clip of 32 x 32 pixels."""
    return encode(tmp_path / "large.mp4", 12, How(height=96, width=130))


def test_frames_are_the_same_with_and_without_a_cache(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ClipRow("large.mp4", start_frame=1, end_frame=11)
    stored = ClipCache(tmp_path / "cache", SPEC).open(large, row)
    plain = ClipCache(None, SPEC).open(large, row)
    monkeypatch.setattr("kinema.data.cache.LARGEST_CLIP_BYTES", 10)
    monkeypatch.setattr("kinema.data.cache.FULL_BYTES", 10)
    too_large = ClipCache(tmp_path / "other", SPEC).open(large, row)
    assert isinstance(stored, StoredFrames)
    assert isinstance(plain, VideoPart)
    assert isinstance(too_large, VideoPart)
    assert stored.read([0]).shape[1] < 96
    for other in (plain, too_large):
        assert np.array_equal(stored.times_seconds, other.times_seconds)
        assert np.array_equal(stored.read(range(10)), other.read(range(10)))
        assert np.array_equal(stored.read([7, 2, 2]), other.read([7, 2, 2]))


def test_warnings_are_kept_with_the_frames(tmp_path: Path) -> None:
    path = cut(encode(tmp_path / "a.ts", 60), tmp_path / "b.ts", 0.6)
    for _ in range(2):
        frames = ClipCache(tmp_path / "cache", SPEC).open(path, ClipRow("b.ts"))
        assert isinstance(frames, StoredFrames)
        assert frames.warnings == open_video(path).warnings != ()
    assert not frames.frames_THWC.flags.writeable  # but mapped


def test_a_damaged_picture_of_a_folder_is_reported_once_met(tmp_path: Path) -> None:
    for number, picture in enumerate(pictures(3)):
        save(tmp_path / f"{number}.png", picture)
    (tmp_path / "1.png").write_bytes(b"broken")
    frames = ClipCache(None, SPEC).open(tmp_path, ClipRow("."))
    assert frames.warnings == ()
    frames.read([0, 1])
    assert "1.png cannot be decoded" in frames.warnings[0]


def test_nothing_is_decoded_behind_the_part(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    pixels = Pixels.__call__
    monkeypatch.setattr(Pixels, "__call__", lambda self, frame: shown.append(frame.pts) or pixels(self, frame))
    ClipCache(tmp_path / "cache", SPEC).open(large, ClipRow("large.mp4", end_frame=3))
    assert len(shown) == 4


def test_entries_that_vanish_are_passed_over(motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = rows(motion)[0]
    ClipCache(tmp_path, SPEC).open(motion / row.path, row)
    (tmp_path / "gone.clip").symlink_to(tmp_path / "nowhere")
    cache = ClipCache(tmp_path, SPEC)
    assert cache.folder == tmp_path
    assert cache.used.value == sum(path.stat().st_size for path in tmp_path.iterdir() if path.exists())


def test_what_other_runs_store_counts(motion: Path, tmp_path: Path) -> None:
    clips = rows(motion)
    size = ClipCache(None, SPEC).open(motion / clips[0].path, clips[0]).read(range(8)).nbytes
    several = [ClipCache(tmp_path, SPEC, limit_bytes=10 * size) for _ in range(3)]
    for number, row in enumerate(clips):
        several[number % 3].open(motion / row.path, row)
    assert 9 <= len(list(tmp_path.glob("*.clip"))) <= 12
