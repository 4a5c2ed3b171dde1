"""A network's answers to every clip of a list.

Axes: N clips, V views, M views of all clips of a batch, C channels, T frames, H rows, W columns, K classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipTable
from kinema.data.dataset import quiet_worker
from kinema.data.sampling import sample_views
from kinema.data.transforms import MIRRORED, TestTransform, flip_label_map, swap_label, test_transform
from kinema.errors import DataError, ShorterError, VideoError
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.protocols import Protocol
from kinema.evaluation.result import sources_of
from kinema.machine import Machine
from kinema.progress import Progress

if TYPE_CHECKING:
    from kinema.models import ClipSpec, Network

MOST_AT_ONCE, PIXELS_AT_ONCE = 32, 32 * 8 * 224 * 224  # clips, and pixels of them, in one forward pass
Read = tuple[int, torch.Tensor | None, str]  # a clip's number, its views V C T H W (None: unreadable), and its problem


def unchanged(indices_VT: torch.Tensor, video_frames: int, name: str) -> torch.Tensor:
    """The frames as they are."""
    return indices_VT


@dataclass(frozen=True)
class Probe:
    """A change of the frames that are shown of a video; by default none.

    `frames` gives the indices (V T) that are read in place of a view's, from them, the number of the video's frames and
    its name. `step` is how the video then runs, for the flow in it: forwards (1), backwards (-1) or not at all (0).
    """

    frames: Callable[[torch.Tensor, int, str], torch.Tensor] = unchanged
    step: int = 1


UNCHANGED = Probe()


class NoClipsError(DataError):
    """None of the clips to be judged can be read."""


@dataclass(frozen=True)
class Answers:
    """Predictions for the clips that could be read, their numbers in the list, and what was wrong with the others."""

    predictions: Predictions
    read: tuple[int, ...]
    broken: tuple[tuple[str, str], ...]
    partly: tuple[tuple[str, str], ...]


@dataclass
class EvaluationClips(Dataset):
    """The views of each clip of a list: `clips_of_each` in time, times `crops` in space. Nothing is random."""

    table: ClipTable
    spec: "ClipSpec"
    views: tuple[int, int]
    cache: ClipCache
    transform: TestTransform
    probe: Probe = UNCHANGED

    def __len__(self) -> int:
        return len(self.table.rows)

    def __getitem__(self, index: int) -> Read:
        try:
            return self.read(index, whole=False)
        except ShorterError:
            return self.read(index, whole=True)

    def read(self, index: int, whole: bool) -> Read:
        """A clip's views, or why it has none; ShorterError where they would be others of the `whole` video."""
        row = self.table.rows[index]
        try:
            frames = self.cache.open(self.table.path(row), row, self.probe.step, whole)
            indices_VT = sample_views(self.spec, frames.times_seconds, self.views[0])
            indices_VT = self.probe.frames(indices_VT, len(frames.times_seconds), row.path)
            frames_THWC = torch.from_numpy(frames.read(indices_VT.flatten().tolist()))
            views = [self.transform(clip_THWC) for clip_THWC in frames_THWC.split(indices_VT.shape[1])]
        except ShorterError:
            raise
        except VideoError as error:
            return index, None, str(error)
        return index, torch.cat(views), "; ".join(frames.warnings)


def predict(
    network: "Network", table: ClipTable, protocol: Protocol | None = None, machine: Machine | None = None,
    cache: ClipCache | None = None, quiet: bool = False, probe: Probe = UNCHANGED,
    engine: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Answers:
    """Run `network`, where it is, over every view of every clip; clips that cannot be read are named, not fatal.

    protocol: the views of each video, by default one. probe: what becomes of the frames of each view. engine: what
    computes the network's answers (clips_NCTHW -> logits_NK), by default the network. `NoClipsError` when no clip at
    all can be read.
    """
    machine, protocol = machine or Machine(), protocol or Protocol()
    clip, views = protocol.clip(network.clip), protocol.views
    clips = EvaluationClips(table, clip, views, cache or ClipCache(None, clip), test_transform(clip, views[1]), probe)
    logits: dict[int, np.ndarray] = {}
    broken: list[tuple[str, str]] = []
    partly: list[tuple[str, str]] = []
    like = next(network.parameters())
    was_training, network = network.training, network.eval()
    per_video = views[0] * views[1]
    with Progress("evaluating", len(clips), quiet=quiet) as bar:
        for batch in evaluation_loader(clips, max(1, at_once(clip) // per_video), machine):
            for index, views_VCTHW, problem in batch:
                if problem:
                    (broken if views_VCTHW is None else partly).append((table.rows[index].path, problem))
            there = [(index, views_VCTHW) for index, views_VCTHW, _ in batch if views_VCTHW is not None]
            if there:
                logits_MK = answer(engine or network, torch.cat([views_VCTHW for _, views_VCTHW in there]).to(like))
                for (index, _), logits_VK in zip(there, np.split(logits_MK, len(there)), strict=True):
                    logits[index] = mirrored_back(logits_VK, views[1], table.labels)
            bar.advance(len(batch), f"{len(broken)} unreadable" if broken else "")
    network.train(was_training)
    if not logits:
        example = f" The first one: {broken[0][1]}" if broken else ""
        raise NoClipsError(f"None of the {len(table)} clips could be read.{example}")
    read = tuple(sorted(logits))
    targets = table.subset(read).targets()
    predictions = Predictions(tuple(table.rows[index].path for index in read), np.stack([logits[i] for i in read]),
                              targets, table.labels, sources_of(table, read), parts_of(table, read), protocol.average)
    return Answers(predictions, read, tuple(broken), tuple(partly))


def mirrored_back(logits_VK: np.ndarray, crops: int, labels: Sequence[str]) -> np.ndarray:
    """The answers to mirrored views as answers to the video: what is "left" in a mirror is "right"."""
    if crops not in MIRRORED:
        return logits_VK
    logits = torch.from_numpy(logits_VK).unflatten(0, (-1, crops)).clone()  # clips in time, crops, classes
    logits[:, crops // 2 :] = swap_label(logits[:, crops // 2 :], flip_label_map(labels))
    return logits.flatten(0, 1).numpy()


def parts_of(table: ClipTable, kept: Sequence[int]) -> tuple[str, ...] | None:
    """Which part of its file each kept clip is; None where all of the list are whole files, whichever are kept."""
    bounds = [(row.start_seconds, row.end_seconds, row.start_frame, row.end_frame) for row in table.rows]
    words = [" ".join("-" if bound is None else str(bound) for bound in part) for part in bounds]
    some = any(bound is not None for part in bounds for bound in part)
    return tuple(words[index] for index in kept) if some else None


@torch.inference_mode()
def answer(network: Callable[[torch.Tensor], torch.Tensor], clips_NCTHW: torch.Tensor) -> np.ndarray:
    """Logits N K as float32, a few clips at a time."""
    pixels = clips_NCTHW[0, 0].numel()
    return np.concatenate([network(part).float().cpu().numpy() for part in clips_NCTHW.split(most_at_once(pixels))])


def at_once(spec: "ClipSpec") -> int:
    """How many clips go through a network together, so that large ones fit into memory too."""
    return most_at_once(spec.frames * spec.height * spec.width)


def most_at_once(pixels: int) -> int:
    """How many clips of so many pixels go through a network together."""
    return max(1, min(MOST_AT_ONCE, PIXELS_AT_ONCE // pixels))


def evaluation_loader(clips: EvaluationClips, videos: int, machine: Machine) -> DataLoader:
    """The clips in their order, as lists of up to `videos` of what `clips[index]` gives."""
    workers = min(machine.reading_processes(), len(clips))
    if not workers:
        return DataLoader(clips, batch_size=videos, collate_fn=list)
    return DataLoader(clips, batch_size=videos, collate_fn=list, num_workers=workers, prefetch_factor=1,
                      worker_init_fn=quiet_worker)
