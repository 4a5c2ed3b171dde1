"""What changed, what has gone, what hangs and what a kill left: an index is made right when it is made again."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from kinema.archive.changes import UNKNOWN, changed, removed, stamps_of
from kinema.archive.found import Kept, Looked, Opener, Patience
from kinema.archive.videos import videos_of
from tests.archive.conftest import indexed, rows

pytest.importorskip("duckdb", reason="duckdb is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


@pytest.mark.slow
def test_a_video_that_hangs_or_has_no_end_is_given_up(tiny_run: Path, footage: Path) -> None:
    from kinema.archive.hands import Hand

    class Stopped(Hand):
        """A process that stands still whenever it is asked about the torn video."""

        def ask(self, video: str) -> Looked:
            self.stall_seconds = 60.0
            if "torn" in video:
                self.stall_seconds = 2.0
                os.kill(self.process.pid, signal.SIGSTOP)
            return super().ask(video)

    first = videos_of([str(footage)])[0]
    hand = Stopped(Opener(str(tiny_run), "cpu"), Kept(), Patience())
    assert hand(first).reason is None
    assert "Nothing came of it for 2 s" in (hand(str(footage / "torn.mp4")).reason or "")
    assert hand(first).reason is None
    hand.stop()
    short = Hand(Opener(str(tiny_run), "cpu"), Kept(), Patience(video_seconds=0.1))
    assert "longer than 0.1 s" in (short(first).reason or "")
    short.stop()


@pytest.mark.slow
def test_what_changed_is_looked_at_again_and_what_is_gone_is_told(
    tiny_run: Path, footage: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "footage", tmp_path / "index"
    folder.mkdir()
    one, two, three, *_ = sorted(path for path in footage.glob("*.mp4") if path.stem != "torn")
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copy(one, folder / name)
    (folder / "torn.mp4").write_bytes(bytes(1000))
    assert indexed(tiny_run, folder, out).looked_at == 4
    for name in ("windows/.part-00000-000000", "failures/.run-00000", ".segments"):  # of processes that were killed
        (out / f"{name}.parquet.1.tmp").write_bytes(b"half of it")
    before = {row["video"]: row["scores"] for row in rows(out)}
    shutil.copy(two, folder / "b.mp4")
    shutil.copy(three, folder / "torn.mp4")
    (folder / "c.mp4").unlink()
    done = indexed(tiny_run, folder, out)
    assert not list(out.rglob("*.tmp"))
    assert (done.videos, done.asked, done.looked_at) == (4, 3, 2)
    assert done.changed == [str(folder / "b.mp4"), str(folder / "torn.mp4")]
    assert (done.removed, done.failed) == ([str(folder / "c.mp4")], {})
    after = {row["video"]: row["scores"] for row in rows(out)}
    assert sorted(row["video"] for row in rows(out)) == [str(folder / f"{name}.mp4") for name in "abc"] + [
        str(folder / "torn.mp4")]
    assert after[str(folder / "a.mp4")] == before[str(folder / "a.mp4")]
    assert after[str(folder / "b.mp4")] != before[str(folder / "b.mp4")]
    assert indexed(tiny_run, folder, out).looked_at == 0
    assert indexed(tiny_run, folder, out, prune=True).removed == [str(folder / "c.mp4")]
    assert {row["video"] for row in rows(out)} == {str(folder / f"{name}.mp4") for name in ("a", "b", "torn")}
    assert {row["video"] for row in parquet.read_table(out / "segments.parquet").to_pylist()} == after.keys() - {
        str(folder / "c.mp4")}


def test_a_video_that_cannot_be_asked_about_has_neither_changed_nor_gone(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a")
    long = str(tmp_path / ("a" * 300))  # the system refuses such a name
    now = stamps_of([str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4"), long])
    before = dict.fromkeys(now, "1-1")
    assert changed(before, now) == {str(tmp_path / "a.mp4")}
    assert removed(before, {}) == removed(before, now) == [str(tmp_path / "b.mp4")]
    assert changed(dict.fromkeys(now, UNKNOWN), now) == {str(tmp_path / "a.mp4")}
