"""Shards hold what a list has, byte for byte; the same list gives the same shards; training from them is the same."""

import io
import json
import tarfile
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
import torch

from kinema.data.clips import ClipRow, ClipTable, read_table
from kinema.data.doctor.check import check
from kinema.data.shards.index import index_path, read_shard
from kinema.data.shards.unpack import prune, unpacked
from kinema.data.shards.write import pack
from kinema.errors import DataError, VideoError
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.training.train import train
from kinema.weights.read import read_weights
from tests.conftest import TINY

LIMIT = 60_000  # bytes of a shard


@pytest.fixture(scope="module")
def shards(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards") / "motion"
    assert pack(read_table(motion), folder, LIMIT) > 2
    return folder


def test_shards_are_the_list(motion: Path, shards: Path) -> None:
    listed, read = read_table(motion), read_table(shards)
    assert read.labels == listed.labels
    assert [replace(row, path="") for row in read.rows] == [replace(row, path="") for row in listed.rows]
    for ours, theirs in zip(read.rows[:5], listed.rows[:5], strict=True):
        assert read.path(ours).read_bytes() == listed.path(theirs).read_bytes()
        assert not read.place(ours).exists()
    assert all(tar.stat().st_size < 1.5 * LIMIT for tar in shards.glob("*.tar"))


def test_a_list_gives_the_same_shards_whenever_it_stops(motion: Path, shards: Path, tmp_path: Path) -> None:
    table = read_table(motion)
    pack(table, tmp_path / "again", LIMIT)
    tars = sorted(path.name for path in shards.glob("*.tar"))
    assert all((shards / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in tars)
    before = (tmp_path / "again" / tars[0]).stat().st_mtime_ns
    index_path(tmp_path / "again" / tars[1]).unlink()  # as if stopped before it was written
    (tmp_path / "again" / tars[2]).unlink()
    with pytest.raises(DataError, match=f"{len(tars) - 1} of {len(tars)} shards"):
        read_table(tmp_path / "again")
    pack(table, tmp_path / "again", LIMIT)
    assert (tmp_path / "again" / tars[0]).stat().st_mtime_ns == before
    assert (shards / tars[2]).read_bytes() == (tmp_path / "again" / tars[2]).read_bytes()
    pack(table, tmp_path / "other", LIMIT, seed=1)
    assert (shards / tars[0]).read_bytes() != (tmp_path / "other" / tars[0]).read_bytes()
    with pytest.raises(DataError, match="other clips"):
        pack(table, tmp_path / "again", LIMIT, seed=1)
    with pytest.raises(DataError, match="none of these"):
        pack(table, tmp_path / "again")


def test_some_shards_are_named_by_a_pattern(shards: Path) -> None:
    counts = [len(read_shard(tar).samples) for tar in sorted(shards.glob("*.tar"))]
    assert len(read_table(f"{shards}/shards-{{000000..000001}}.tar")) == sum(counts[:2])
    assert len(read_table(shards / "shards-000001.tar")) == counts[1]
    with pytest.raises(DataError, match=r"shards-000900\.tar cannot be read"):
        read_table(f"{shards}/shards-{{000900..000901}}.tar")


def test_parts_of_a_video_share_it(motion: Path, tmp_path: Path) -> None:
    path = read_table(motion).rows[0].path
    rows = (ClipRow(path, (0, 1), 0.0, 0.5, fold="a"), ClipRow(path, (1,), None, None, 2, 6, split="test"))
    table = ClipTable(rows, ("b", "a", "none"), motion, multi_label=True)
    assert pack(table, tmp_path / "parts") == 1
    read = read_table(tmp_path / "parts")
    assert len(read_shard(tmp_path / "parts" / "shards-000000.tar").samples) == 1
    assert (read.labels, read.multi_label) == (table.labels, True)
    assert [replace(row, path=path) for row in read.rows] == list(rows)


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def test_shards_of_others_are_read(motion: Path, tmp_path: Path) -> None:
    video = next(motion.glob("*/*.mp4")).read_bytes()
    with tarfile.open(tmp_path / "train-0.tar", "w") as archive:
        for name, content in (("x/1.mp4", video), ("x/1.cls", b"1\n"), ("x/2.txt", b"no video"), ("x/3.mp4", video),
                              ("x/3.cls", b"0"), ("x/3.json", b'{"split": "validation"}')):
            add(archive, name, content)
    (tmp_path / "labels.txt").write_text("walk\nrun\n")
    table = read_table(tmp_path)
    assert [(row.path, row.labels, row.split) for row in table.rows] == [
        ("train-0.tar/x/1.mp4", (1,), None), ("train-0.tar/x/3.mp4", (0,), "val")]
    assert table.path(table.rows[1]).read_bytes() == video


@pytest.mark.slow
def test_what_is_wrong_is_told(motion: Path, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no tar file" * 100)
    with pytest.raises(DataError, match="no whole tar file"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="is no video file"):
        pack(ClipTable((ClipRow("gone.mp4", (0,)),), ("a",), motion), tmp_path / "out")
    pack(read_table(motion), tmp_path / "cut")
    tar = tmp_path / "cut" / "shards-000000.tar"
    table, index = read_table(tar), json.loads(index_path(tar).read_text())
    tar.write_bytes(tar.read_bytes()[: index["samples"][-1]["offset"] + 9])
    with pytest.raises(DataError, match=rf"is cut short: {tar.stat().st_size} of {index['bytes']} bytes"):
        read_table(tar)
    index_path(tar).write_text(json.dumps({**index, "bytes": tar.stat().st_size}))
    with pytest.raises(VideoError, match="cut short"):
        unpacked(tar / index["samples"][-1]["video"])
    with pytest.raises(VideoError, match="holds no video"):
        unpacked(tar / "gone.mp4")
    assert len(table) == 60
    samples = sorted(index["samples"], key=lambda sample: sample["offset"])
    rows = tuple(row for row in table.rows if row.path.endswith((samples[0]["video"], samples[-1]["video"])))
    problems = check(ClipTable(rows, table.labels, table.root), workers=1).problems
    broken = [problem.text for problem in problems if problem.kind == "unreadable"]
    assert len(broken) == 1
    assert "cut short" in broken[0]


def test_copies_that_were_not_wanted_for_longest_go_first(tmp_path: Path) -> None:
    import os

    for number in range(10):
        (tmp_path / f"{number}.mp4").write_bytes(b"0" * 100)
        os.utime(tmp_path / f"{number}.mp4", (number, 0))
    prune(tmp_path, 1000, inf)
    assert len([*tmp_path.iterdir()]) == 10
    prune(tmp_path, 900, -1)
    assert len([*tmp_path.iterdir()]) == 10  # all were wanted since then
    prune(tmp_path, 900, inf)
    assert sorted(path.stem for path in tmp_path.iterdir()) == [str(number) for number in range(3, 10)]


@pytest.mark.slow
def test_training_from_shards_is_training_from_the_list(
    motion: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = []
    for number, (data, workers) in enumerate(((motion, 0), (shards, 0), (shards, 1))):
        monkeypatch.setenv("KINEMA_CACHE", str(tmp_path / f"cache{number}"))
        run = train(Recipe(str(data), out=str(tmp_path / str(number)), **TINY), Machine("cpu", workers=workers),
                    quiet=True)
        weights.append(read_weights(run.path / "last.safetensors"))
    assert len(weights[0]) > 10
    assert all(torch.equal(weights[0][name], other[name]) for other in weights[1:] for name in weights[0])


def test_webdataset_reads_them(shards: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    tars = [str(tar) for tar in sorted(shards.glob("*.tar"))]
    read = list(webdataset.WebDataset(tars, shardshuffle=False).decode())
    table = read_table(shards)
    assert len(read) == len(table)
    for sample in read:
        row = table.rows[sample["json"]["number"]]
        assert row.labels == (sample["cls"],)
        assert table.path(row).read_bytes() == sample["mp4"]


def test_what_webdataset_writes_is_read(motion: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    video = next(motion.glob("*/*.mp4")).read_bytes()
    with webdataset.ShardWriter(f"{tmp_path}/set-%06d.tar", maxcount=2, verbose=0) as writer:
        for number in range(5):
            writer.write({"__key__": f"{number:06d}", "mp4": video, "cls": number % 3})
    table = read_table(f"{tmp_path}/set-{{000000..000002}}.tar")
    assert [row.labels for row in table.rows] == [(0,), (1,), (2,), (0,), (1,)]
    assert table.path(table.rows[4]).read_bytes() == video
