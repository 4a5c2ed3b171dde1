"""Indexing: every video once, whatever happens to it, to a process or to the whole."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinema.archive.found import Kept, Opener, Patience
from kinema.archive.index import Workers, index
from kinema.archive.tables import FAILURES, WINDOWS
from kinema.archive.videos import videos_of
from kinema.errors import DataError, KinemaError
from kinema.inference.recognizer import Recognizer
from tests.archive.conftest import indexed, rows

pytest.importorskip("duckdb", reason="duckdb is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tiny_run: Path, footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the footage, with embeddings and every label."""
    out = tmp_path_factory.mktemp("index")
    done = indexed(tiny_run, footage, out, Kept(0, 0.0, True))
    assert (done.videos, done.failures, done.looked_at) == (12, 1, 13)
    return out


def test_a_row_a_window_as_the_recogniser_sees_it(tiny_run: Path, footage: Path, whole: Path) -> None:
    found = rows(whole)
    assert [row["video"] for row in found] == sorted(str(path) for path in footage.glob("*.mp4") if path.stem != "torn")
    recognizer = Recognizer(tiny_run, device="cpu")
    for row in found[:3]:
        result = recognizer(row["video"])
        assert (row["start_seconds"], row["end_seconds"]) == result.windows[0][:2]
        assert row["labels"] == [label for label, _ in result.top]
        assert row["scores"] == pytest.approx([score for _, score in result.top], abs=1e-5)
        assert len(row["embedding"]) == recognizer.network.classifier.in_features
    assert [row["video"] for row in rows(whole, FAILURES)] == [str(footage / "torn.mp4")]
    assert "torn.mp4" in rows(whole, FAILURES)[0]["reason"]


def test_again_looks_at_nothing_and_retry_at_what_failed(tiny_run: Path, footage: Path, whole: Path) -> None:
    before = sorted(path.read_bytes() for path in whole.rglob("*.parquet"))
    assert indexed(tiny_run, footage, whole, Kept(0, 0.0, True)).looked_at == 0
    assert indexed(tiny_run, footage, whole, Kept(0, 0.0, True), retry=True).looked_at == 1
    assert sorted(path.read_bytes() for path in whole.rglob("*.parquet")) == before
    with pytest.raises(KinemaError, match="other top: 0, not 5"):
        indexed(tiny_run, footage, whole)


def test_killed_at_any_moment_each_video_is_there_once(tiny_run: Path, footage: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(20):
        for path in footage.iterdir():
            os.link(path, many / f"{path.stem}-{number}.mp4")
    command = [sys.executable, "-m", "kinema", "archive", "index", str(tiny_run), str(many), "--out",
               str(tmp_path / "index"), "--processes", "1", "--device", "cpu", "--top", "2", "--floor", "0.085"]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not list((tmp_path / "index").glob("windows/part-*.parquet")):
        assert killed.poll() is None
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    some = {row["video"] for row in rows(tmp_path / "index")}
    assert 0 < len(some) < 240
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert "20 videos could not be indexed" in again.stderr
    told = json.loads(again.stdout)
    assert (told["videos"], told["failures"]) == (240, 20)
    assert told["looked_at"] <= 260 - len(some)
    videos = [row["video"] for table in (WINDOWS, FAILURES) for row in rows(tmp_path / "index", table)]
    assert sorted(videos) == sorted(str(path) for path in many.iterdir())
    for row in rows(tmp_path / "index"):  # the best labels above a floor
        assert len(row["labels"]) <= 2
        assert all(score >= 0.085 for score in row["scores"])
        assert row["embedding"] is None


def test_a_ray_cluster_writes_the_same_index(tiny_run: Path, footage: Path, whole: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray.data", reason="ray[data] is not installed")
    opener = Opener(str(tiny_run), "cpu")
    index(videos_of([str(footage)]), tmp_path / "index", opener, Kept(0, 0.0, True),
          Workers(2, "local"))
    for pattern in ("windows/*.parquet", "failures/*.parquet", "segments.parquet"):
        (mine,), (theirs,) = (tmp_path / "index").glob(pattern), whole.glob(pattern)
        assert mine.read_bytes() == theirs.read_bytes()


def test_an_index_at_an_address(tiny_run: Path, footage: Path, whole: Path) -> None:
    from fsspec import filesystem

    from kinema.archive.search import Archive

    memory = filesystem("memory")
    out = "memory://bucket/index"
    opener = Opener(str(tiny_run), "cpu")
    index(videos_of([str(footage)]), out, opener, Kept(0, 0.0, True), Workers(processes=1))
    assert memory.cat_file(f"{out}/segments.parquet") == (whole / "segments.parquet").read_bytes()
    with Archive(out) as here, Archive(whole) as there:
        label = there.facts.labels[0]
        assert here.search(label) == there.search(label) != []


def test_a_network_that_cannot_be_opened_stops_all(footage: Path, tmp_path: Path) -> None:
    opener = Opener(str(tmp_path / "absent"), "cpu")
    with pytest.raises(KinemaError, match="absent is no run"):
        index(videos_of([str(footage)]), tmp_path / "index", opener)


def test_a_video_that_crashes_its_process_is_a_failure(tiny_run: Path, footage: Path, tmp_path: Path) -> None:
    from kinema.archive.hands import Hand

    class Struck(Hand):
        """A process that is killed whenever it is asked about the torn video."""

        def ask(self, what: object) -> object:
            if what == str(footage / "torn.mp4"):
                os.kill(self.process.pid, signal.SIGKILL)
            return super().ask(what)

    hand = Struck(Opener(str(tiny_run), "cpu"), Kept(), Patience())
    assert "crashes" in (hand(str(footage / "torn.mp4")).reason or "")
    assert hand(videos_of([str(footage)])[0]).reason is None
    hand.stop()


def test_lists_of_videos(footage: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.mp4\ns3://bucket/b.mp4\n\n/c.mp4\na.mp4\n")
    assert videos_of([str(tmp_path / "list.txt")]) == [str(tmp_path / "a.mp4"), "s3://bucket/b.mp4", "/c.mp4"]
    (tmp_path / "list.csv").write_text("path,label\na.mp4,x\ns3://bucket/b.mp4,y\n")
    assert videos_of([str(tmp_path / "list.csv")]) == [str(tmp_path / "a.mp4"), "s3://bucket/b.mp4"]
    assert len(videos_of([str(footage), str(footage)])) == 13
    with pytest.raises(DataError, match=r"Nearest: list\."):
        videos_of([str(tmp_path / "lists.txt")])
    with pytest.raises(KinemaError, match="knows no s4"):
        videos_of(["s4://bucket"])


def test_a_name_that_is_no_text_is_indexed_once(tiny_run: Path, footage: Path, tmp_path: Path) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    try:
        for name in (b"caf\xe9.mp4", b"torn\xe9.mp4"):
            source = footage / "torn.mp4" if name.startswith(b"torn") else next(footage.glob("*.mp4"))
            shutil.copy(source, os.path.join(folder, os.fsdecode(name)))
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    for looked_at in (2, 0):
        done = indexed(tiny_run, folder, tmp_path / "index")
        assert (done.videos, done.failures, done.looked_at) == (1, 1, looked_at)
    assert rows(tmp_path / "index")[0]["video"] == rf"{folder}/caf\xe9.mp4"
