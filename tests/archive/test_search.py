"""Searching an index: what a plain look through its rows finds, in the same order."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.archive.changes import drop_from
from kinema.archive.facts import VERSION, Facts, begin
from kinema.archive.found import Looked
from kinema.archive.search import Archive, Moment
from kinema.archive.store import Store
from kinema.archive.tables import SEGMENTS, SEGMENTS_LOCK, merge, save, segments
from kinema.errors import KinemaError
from tests.cli.test_cli import kinema

pytest.importorskip("duckdb", reason="duckdb is not installed")
pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

LABELS = ("Open door", "close door", "rest")
WINDOWS = 40  # of each video, which overlap by half


def looked(number: int) -> Looked:
    """A made-up video's windows."""
    rng = np.random.default_rng(number)
    scores_NK = rng.dirichlet(np.ones(3), WINDOWS).astype(np.float32)
    order_NK = np.argsort(-scores_NK, axis=1)
    vectors_ND = rng.normal(size=(WINDOWS, 8))
    vectors_ND /= np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return Looked(
        f"/videos/it's {number}.mp4", [(k / 2, k / 2 + 1) for k in range(WINDOWS)],
        [[LABELS[k] for k in order] for order in order_NK], [*np.take_along_axis(scores_NK, order_NK, 1)],
        [*vectors_ND.astype(np.float32)],
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 30 made-up videos."""
    store = Store(tmp_path_factory.mktemp("made"))
    begin(store, Facts(VERSION, "a", "a", "a", "fp32", LABELS, 1.0, 1, 0, 0.0, 8))
    for part in range(3):
        save(store, 0, part, [looked(10 * part + number) for number in range(10)])
    merge(store)
    return Path(store.place)


def expected(label: str, least: float) -> list[Moment]:
    """What a plain look finds."""
    found = [Moment(one.video, start, end, float(scores[labels.index(label)]))
             for one in map(looked, range(30))
             for (start, end), labels, scores in zip(one.times, one.labels, one.scores, strict=True)]
    return sorted((moment for moment in found if moment.score >= np.float32(least)),
                  key=lambda moment: (-moment.score, moment.video, moment.start_seconds))


@pytest.mark.parametrize("least", [0.0, 0.5, 0.9, 1.0])
def test_what_a_plain_look_finds(made: Path, least: float) -> None:
    with Archive(made) as archive:
        assert archive.search("open  DOOR", least, limit=2000) == expected("Open door", least)
        assert archive.search("rest", least, limit=7) == expected("rest", least)[:7]


def test_moments_apart_share_no_time(made: Path) -> None:
    with Archive(made) as archive:
        found = archive.search("rest", 0.0, limit=2000, apart=True)
        few = archive.search("rest", 0.0, limit=50, apart=True)
    assert few == found[:50]
    for number, moment in enumerate(found):
        assert not any(other.video == moment.video and abs(other.start_seconds - moment.start_seconds) < 1
                       for other in found[:number])
    assert found[0] == expected("rest", 0.0)[0]


def test_the_nearest_embeddings(made: Path) -> None:
    one = looked(7)
    with Archive(made) as archive:
        found = archive.like(one.embeddings[3], limit=5, apart=False)
        with pytest.raises(KinemaError, match="have 8"):
            archive.like(np.zeros(9, np.float32))
    cosines = sorted((float(vector @ one.embeddings[3]) for other in map(looked, range(30))
                      for vector in other.embeddings), reverse=True)
    assert (found[0].video, found[0].start_seconds) == (one.video, 1.5)
    assert [moment.score for moment in found] == pytest.approx(cosines[:5], abs=1e-6)


def test_what_is_added_is_found(made: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    begin(store, Facts(VERSION, "a", "a", "a", "fp32", LABELS, 1.0, 1, 0, 0.0, 8))
    for count in range(1, 4):
        save(store, count - 1, 0, [looked(count)])
        with Archive(tmp_path) as archive:  # parts that are not merged yet
            assert len(archive.search("rest", limit=1000)) == count * WINDOWS
        merge(store)
        with Archive(tmp_path) as archive:
            assert len(archive.search("rest", limit=1000)) == count * WINDOWS


def test_a_kill_while_merging_leaves_each_row_once(made: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    begin(store, Facts(VERSION, "a", "a", "a", "fp32", LABELS, 1.0, 1, 0, 0.0, 8))
    save(store, 0, 0, [looked(1), Looked("bad", reason="it is bad")])
    parts = {path: path.read_bytes() for path in tmp_path.rglob("part-*")}
    merge(store)
    for path, content in parts.items():
        path.write_bytes(content)  # merged, and not deleted yet
    with Archive(tmp_path) as archive:
        assert len(archive.search("rest", limit=1000)) == WINDOWS
    merge(store)
    assert [path.name for path in tmp_path.rglob("windows/*")] == ["run-00000.parquet"]
    assert [path.name for path in tmp_path.rglob("failures/*")] == ["run-00000.parquet"]


@pytest.mark.slow
def test_the_command_line(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = expected("Open door", 0.8)[:3]
    found = json.loads(kinema("archive", "search", made, "open door", "--min-score", ".8", "--limit", "3", "--json"))
    assert found == [moment.to_dict() for moment in best]
    lines = kinema("archive", "search", made, "open door", "--limit", "3").splitlines()
    assert lines[0] == "video\tstart\tend\tscore"
    assert lines[1].startswith(f"{best[0].video}\t{best[0].start_seconds:.2f}\t")
    assert "Nearest: open door" in kinema("archive", "search", made, "opne door", code=1)
    assert "no archive's index" in kinema("archive", "search", tmp_path, "rest", code=1)
    (tmp_path / "index").symlink_to(made)
    monkeypatch.chdir(tmp_path)
    assert kinema("archive", "search", "open door", "--limit", "3").splitlines() == lines
    assert "Give either" in kinema("archive", "like", code=1)
    assert "like index CLIP" in kinema("archive", "like", "index", code=1)
    assert "not both" in kinema("archive", "like", "index", "clip.mp4", "--text", "a door", code=1)
    for given in ((), ("index",)):
        assert "Its labels: Open door, close door" in kinema("archive", "search", *given, code=1)


def test_a_name_with_a_newline_is_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path)
    begin(store, Facts(VERSION, "a", "a", "a", "fp32", LABELS, 1.0, 1, 0, 0.0, 8))
    save(store, 0, 0, [replace(looked(1), video="/videos/two\nlines\t.mp4")])
    merge(store)
    lines = kinema("archive", "search", tmp_path, "rest", "--min-score", "0", "--limit", "2").splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("/videos/two\\nlines\\t.mp4\t")
    assert json.loads(kinema("archive", "search", tmp_path, "rest", "--json"))[0]["video"] == "/videos/two\nlines\t.mp4"


@pytest.mark.parametrize("name", ["day=1", "day*", "day[1]", "da?"])
def test_an_index_is_read_and_no_other_whose_name_is_alike(tmp_path: Path, name: str) -> None:
    for each, count in ((name, 1), ("day1", 2), ("day", 2)):
        store = Store(tmp_path / each)
        begin(store, Facts(VERSION, "a", "a", "a", "fp32", LABELS, 1.0, 1, 0, 0.0, 8))
        save(store, 0, 0, [looked(number) for number in range(count)])
        merge(store)
    with Archive(tmp_path / name) as archive:
        assert len(archive.search("rest", limit=1000)) == WINDOWS
        assert len(archive.like(looked(0).embeddings[0], limit=1000, apart=False)) == WINDOWS


def test_what_is_deleted_while_it_is_searched_is_told_in_words(made: Path, tmp_path: Path) -> None:
    place = shutil.copytree(made, tmp_path / "index")
    with Archive(place) as archive:
        for path in place.glob("*/*.parquet"):
            path.unlink()
        with pytest.raises(KinemaError, match=r"cannot be read: .* If it is being indexed just now, ask again\."):
            archive.like(looked(0).embeddings[0])


def test_segments_are_not_made_of_rows_that_are_being_dropped(made: Path, tmp_path: Path) -> None:
    store = Store(shutil.copytree(made, tmp_path / "index"))
    store.delete(SEGMENTS)
    with ThreadPoolExecutor(1) as pool:
        with store.lock(SEGMENTS_LOCK, 0):  # as who drops rows has it
            made_anew = pool.submit(segments, store)
            time.sleep(0.2)
            assert not made_anew.done()
            drop_from(store, "windows", "windows/run-00000.parquet", [looked(0).video])
        made_anew.result(60)
    with Archive(store.place) as archive:
        found = {moment.video for moment in archive.search("rest", limit=2000)}
    assert found == {looked(number).video for number in range(1, 30)}
