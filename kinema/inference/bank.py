"""What a network sees in each clip of a list, computed once and kept on disk.

Axes in names: N clips, V views, L places of all frames, D features, C channels, T frames, H rows, W columns.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool3d

from kinema.data.cache import ClipCache, default_folder
from kinema.data.clips import ClipRow, ClipTable
from kinema.data.transforms import test_transform
from kinema.errors import DataError
from kinema.evaluation.predict import EvaluationClips, at_once, evaluation_loader
from kinema.files import write_atomic
from kinema.machine import Machine
from kinema.models import Network
from kinema.progress import Progress

MOST_FRAMES, MOST_PLACES = 8, 4  # of a map of places that is kept; a larger one is averaged down to as many
BOUND = 4 << 30  # bytes of answers that are kept
LARGEST = 65504.0  # that half precision holds


@dataclass(frozen=True)
class Seen:
    """What was seen in the clips of a list that could be read: `values` are N D (float32) or N L D (float16).

    read: their numbers in the list; broken: path and problem of each of the others.
    """

    values: np.ndarray
    read: tuple[int, ...]
    broken: tuple[tuple[str, str], ...]


def features_of(network: Network, clips_NCTHW: torch.Tensor) -> torch.Tensor:
    """What the classifier sees (N D)."""
    return network.features(clips_NCTHW)


def places_of(network: Network, clips_NCTHW: torch.Tensor) -> torch.Tensor:
    """What the backbone sees in each place of each frame (N L D), of at most MOST_FRAMES x MOST_PLACES^2 parts."""
    map_NDTHW = network.feature_map(clips_NCTHW)
    frames, height, width = map_NDTHW.shape[2:]
    size = min(frames, MOST_FRAMES), min(height, MOST_PLACES), min(width, MOST_PLACES)
    return adaptive_avg_pool3d(map_NDTHW, size).flatten(2).transpose(1, 2)


LOOKS: dict[str, Callable[[Network, torch.Tensor], torch.Tensor]] = {"features": features_of, "places": places_of}


def look(
    network: Network, table: ClipTable, what: str = "features", views: tuple[int, int] = (1, 1),
    machine: Machine | None = None, folder: Path | None = None, quiet: bool = False,
) -> Seen:
    """What a network, where it is, sees in each clip: its "features", their mean over `views`, or all views' "places".

    views: (clips, crops) of each video. Each clip's answer is a file in `folder` (None: beside the decoded clips), by
    the network's weights, its clip and the video's state, so that only what is new is computed; of other networks'
    answers the oldest go once all are above BOUND. DataError where no clip can be read.
    """
    machine = machine or Machine()
    folder = (folder or default_folder().parent / "features") / digest_of(network, what, views)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{key_of(table, row)}.npy" for row in table.rows]
    missing = [number for number, file in enumerate(files) if not file.is_file()]
    broken = compute(network, table, missing, files, what, views, machine, quiet)
    read = tuple(number for number in range(len(files)) if number not in broken)
    if not read:
        raise DataError(f"None of the {len(table)} clips could be read. The first one: {next(iter(broken.values()))}")
    values = np.stack([np.load(files[number]) for number in read])
    if missing:
        forget_oldest(folder.parent, folder.name)
    return Seen(values, read, tuple((table.rows[number].path, problem) for number, problem in broken.items()))


@torch.inference_mode()
def compute(
    network: Network, table: ClipTable, missing: list[int], files: list[Path], what: str, views: tuple[int, int],
    machine: Machine, quiet: bool,
) -> dict[int, str]:
    """Compute what is missing and write each clip's file; the problems of clips that cannot be read, by number."""
    if not missing:
        return {}
    cache: ClipCache = machine.cache(network.clip)
    clips = EvaluationClips(table.subset(missing), network.clip, views, cache, test_transform(network.clip, views[1]))
    like, together, broken = next(network.parameters()), at_once(network.clip), {}
    was_training = network.training
    network.eval()
    with Progress(what, len(missing), quiet=quiet) as bar:
        for batch in evaluation_loader(clips, max(1, together // (views[0] * views[1])), machine):
            for index, views_VCTHW, problem in batch:
                if views_VCTHW is None:
                    broken[missing[index]] = problem
                    continue
                seen = [LOOKS[what](network, part.to(like)).float().cpu() for part in views_VCTHW.split(together)]
                save(joined(torch.cat(seen)), files[missing[index]])
            bar.advance(len(batch))
    network.train(was_training)
    return broken


def joined(seen: torch.Tensor) -> np.ndarray:
    """The views of a clip as one: the mean of features V D, or all places V L D, which are kept half as exact."""
    return seen.mean(0).numpy() if seen.ndim == 2 else seen.flatten(0, 1).clamp(-LARGEST, LARGEST).half().numpy()


def save(values: np.ndarray, path: Path) -> None:
    """Write an array whole or not at all."""

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as file:
            np.save(file, values)

    write_atomic(path, write)


def forget_oldest(bank: Path, kept: str, bound: int = BOUND) -> None:
    """Delete what networks saw longest ago, but for the one that is `kept`, until a bank holds no more than `bound`."""
    sizes = {}
    for folder in bank.iterdir():
        with suppress(OSError):  # another process deletes too
            sizes[folder] = folder.stat().st_mtime, sum(file.stat().st_size for file in folder.iterdir())
    held = sum(size for _, size in sizes.values())
    for folder in sorted(sizes, key=lambda one: sizes[one][0]):
        if held > bound and folder.name != kept:
            shutil.rmtree(folder, ignore_errors=True)
            held -= sizes[folder][1]


def digest_of(network: Network, what: str, views: tuple[int, int]) -> str:
    """What tells a network with its weights, and how clips are looked at, from all others."""
    options = {key: str(value) for key, value in network.options.items()}
    told = [network.name, options, network.clip.to_dict(), what, views]
    found = blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16)
    add_weights(found, network, without="classifier.")
    return found.hexdigest()


def add_weights(found: blake2b, network: Network, without: str | None = None) -> None:
    """Add a network's weights to a digest, but for those whose names begin with `without`."""
    for name, value in network.state_dict().items():
        if without is None or not name.startswith(without):
            found.update(name.encode())
            found.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())


def key_of(table: ClipTable, row: ClipRow) -> str:
    """What tells a row of a list, and the state of its file (of a folder, of its pictures), from all others."""
    path = table.path(row)
    pictures = sorted(path.iterdir()) if path.is_dir() else [path]
    state = [(one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in pictures if one.exists()]
    bounds = (row.start_seconds, row.end_seconds, row.start_frame, row.end_frame)
    told = (str(path.absolute()), state, bounds)
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()
