"""Writing the videos of a list into shards: each once, in an order drawn by a seed, so that each shard is a mixture.

What is in which shard depends on the list, the files' sizes, the seed and the limit alone. A shard is written under
another name and moved when it is whole; one that is there already is kept.
"""

import io
import json
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.shards import LABELS
from kinema.data.shards.index import index_path, read_shard, write_index
from kinema.data.shards.unpack import unpacked
from kinema.errors import DataError
from kinema.files import write_atomic
from kinema.keyed import keyed_generator

FRAME = 3 * tarfile.BLOCKSIZE  # of a file in a tar: its header, and what fills its last block
LONGEST_STEM = 60  # letters that a name in a shard keeps of the file's own


@dataclass(frozen=True)
class Packed:
    """A video that goes into a shard under a key, and what is told of it."""

    key: str
    place: Path  # perhaps in another shard
    size: int
    about: dict[str, Any]
    number: int | None  # of its class, where it has one clip of one class

    @property
    def file(self) -> Path:
        """The file itself; a copy, which may go, of one in a shard."""
        return unpacked(self.place)

    def members(self) -> dict[str, bytes]:
        """The small files beside it, by what follows its key."""
        text = json.dumps(self.about, ensure_ascii=False).encode()
        return {"json": text} | ({} if self.number is None else {"cls": str(self.number).encode()})


def pack(
    table: ClipTable, out: str | Path, limit_bytes: int = 1 << 30, seed: int = 0,
    progress: Callable[[int], None] = lambda files: None,
) -> int:
    """Write a list's videos into shards of about `limit_bytes`; return how many shards there are.

    progress(files): called with how many more are done. DataError: a video is missing or no file, or the folder holds
    something else.
    """
    out = Path(out)
    plan = planned(table, limit_bytes, seed)
    names = [f"shards-{number:06d}.tar" for number in range(len(plan))]
    kept = {LABELS, *names, *(index_path(Path(name)).name for name in names)}
    others = [path.name for path in out.iterdir() if path.name not in kept and not path.name.startswith(".")] if (
        out.is_dir()) else []
    if others:
        raise DataError(f"{out} holds {others[0]}, which is none of these {len(plan)} shards. Choose another folder.")
    for name, videos in zip(names, plan, strict=True):
        tar, digest = out / name, digest_of(videos, table.labels)
        there = read_shard(tar).digest if tar.is_file() and index_path(tar).is_file() else None
        if there not in (None, digest):
            raise DataError(f"{tar} is there and holds other clips: of another list, seed or size, or from before a "
                            "file changed. Choose another folder.")
        if there is None:
            write_atomic(tar, lambda unfinished, videos=videos: write_tar(unfinished, videos))  # type: ignore[misc]
            write_index(tar, len(plan), digest)
        progress(len(videos))
    write_atomic(out / LABELS, lambda file: file.write_text("".join(f"{name}\n" for name in table.labels), "utf-8"))
    return len(plan)


def planned(table: ClipTable, limit_bytes: int, seed: int) -> list[list[Packed]]:
    """The videos of each shard."""
    clips: dict[str, list[tuple[int, ClipRow]]] = {}
    for number, row in enumerate(table.rows):
        clips.setdefault(row.path, []).append((number, row))
    paths = list(clips)
    shards: list[list[Packed]] = []
    room = 0
    order = torch.randperm(len(paths), generator=keyed_generator(seed, "shards")).tolist()
    for place, chosen in enumerate(order):
        video = packed(table, paths[chosen], clips[paths[chosen]], place)
        if not shards or video.size + FRAME > room:
            shards.append([])
            room = limit_bytes
        shards[-1].append(video)
        room -= video.size + FRAME
    return shards


def packed(table: ClipTable, path: str, clips: list[tuple[int, ClipRow]], place: int) -> Packed:
    """A video at a place of all. DataError: it is missing, or a folder of frames."""
    file = table.path(clips[0][1])
    if file.is_dir():
        raise DataError(f"{file} is a folder of frames; shards hold video files. Make videos of such folders first.")
    if not file.is_file() or not file.suffix:
        raise DataError(f"{file} is no video file. `kinema data check` finds all that are missing; --clean leaves "
                        "them out.")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(path).stem)[:LONGEST_STEM]
    told = [told_of(table, number, row) for number, row in clips]
    row = clips[0][1]
    number = row.labels[0] if len(clips) == 1 and len(row.labels) == 1 and not table.multi_label else None
    about = {"path": path, **(told[0] if len(told) == 1 else {"clips": told})}
    return Packed(f"{place:08d}-{stem}", table.place(clips[0][1]), file.stat().st_size, about, number)


def told_of(table: ClipTable, number: int, row: ClipRow) -> dict[str, Any]:
    """All that the list tells of a clip; `number` is its place there."""
    names = [table.labels[label] for label in row.labels]
    values = {"number": number, "start": row.start_seconds, "end": row.end_seconds, "start_frame": row.start_frame,
              "end_frame": row.end_frame, "split": row.split, "source": row.source, "fold": row.fold}
    label = {"labels": names} if table.multi_label else {"label": names[0] if names else None}
    return label | {name: value for name, value in values.items() if value is not None}


def digest_of(videos: list[Packed], labels: tuple[str, ...]) -> str:
    """What tells a shard's content from all others."""
    told = [(video.key, video.size, video.file.stat().st_mtime_ns, video.about) for video in videos]
    return blake2b(json.dumps([told, labels]).encode(), digest_size=16).hexdigest()


def write_tar(tar: Path, videos: list[Packed]) -> None:
    """Write a shard; all but the files' bytes, times and names is left out, so that it is the same on every machine."""
    with tarfile.open(tar, "w", format=tarfile.USTAR_FORMAT) as archive:
        for video in videos:
            changed = int(video.file.stat().st_mtime)
            with video.file.open("rb") as file:
                archive.addfile(member(f"{video.key}{video.file.suffix.lower()}", video.size, changed), file)
            for kind, content in video.members().items():
                archive.addfile(member(f"{video.key}.{kind}", len(content), changed), io.BytesIO(content))


def member(name: str, size: int, changed: int) -> tarfile.TarInfo:
    """A file in a tar."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, changed, 0o644
    return info
