"""A detector's answers to the boxes at key frames.

Axes in names: N clips, M boxes, C channels, T frames, H rows, W columns, K classes.
"""

from collections.abc import Mapping, Sequence

import torch
from torch.utils.data import DataLoader

from kinema.data.dataset import Told, quiet_worker
from kinema.detection.ava import BoxRow, KeyFrame
from kinema.detection.clips import JudgedBoxes, rois
from kinema.detection.detector import Detector
from kinema.detection.films import Films
from kinema.errors import DataError, KinemaError
from kinema.evaluation.predict import at_once
from kinema.machine import Machine
from kinema.progress import Progress


def predict(
    detector: Detector, frames: Sequence[KeyFrame], films: Films, classes: Mapping[int, str], machine: Machine,
    quiet: bool = False,
) -> tuple[list[BoxRow], list[tuple[str, str]]]:
    """A row for each action of each box, and path and problem of the key frames that cannot be read.

    The detector stays where it is. DataError where nothing at all can be read.
    """
    rows: list[BoxRow] = []
    broken: list[tuple[str, str]] = []
    few = at_once(detector.network.clip)
    workers = max(min(machine.reading_processes(), len(frames) - 1), 0)
    loader = DataLoader(Told(JudgedBoxes(frames, films, detector.network.clip)), sampler=range(len(frames)),
                        batch_size=few, collate_fn=list,
                        num_workers=workers, prefetch_factor=1 if workers else None,
                        worker_init_fn=quiet_worker if workers else None)
    was_training = detector.training
    detector.eval()
    with Progress("finding actions", len(frames), quiet=quiet) as bar:
        for found in loader:
            for one in found:
                if isinstance(one, KinemaError):
                    raise one
            broken += [(frames[index].video, problem) for index, clip, _, problem in found if clip is None]
            there = [(index, clip, boxes) for index, clip, boxes, _ in found if clip is not None and len(boxes)]
            for (index, _, _), scores_MK in zip(there, scores(detector, [part[1:] for part in there]), strict=True):
                rows += listed(frames[index], scores_MK, classes)
            bar.advance(len(found), f"{len(broken)} unreadable" if broken else "")
    detector.train(was_training)
    if broken and not rows:
        raise DataError(f"None of the {len(frames)} key frames could be read. The first one: {broken[0][1]}")
    return rows, broken


@torch.inference_mode()
def scores(detector: Detector, clips: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> list[torch.Tensor]:
    """The scores M K of the boxes of each clip, from (clip_CTHW, boxes_M4); clips of one shape go together."""
    like = next(detector.parameters())
    found: dict[int, torch.Tensor] = {}
    shapes: dict[tuple[int, ...], list[int]] = {}
    for number, (clip_CTHW, _) in enumerate(clips):
        shapes.setdefault(tuple(clip_CTHW.shape), []).append(number)
    for numbers in shapes.values():
        boxes = [clips[number][1] for number in numbers]
        clip_NCTHW = torch.stack([clips[number][0] for number in numbers]).to(like)
        logits_MK = detector(clip_NCTHW, rois(boxes).to(clip_NCTHW.device))
        parts = logits_MK.float().sigmoid().cpu().split([len(boxes_M4) for boxes_M4 in boxes])
        found.update(zip(numbers, parts, strict=True))
    return [found[number] for number in range(len(clips))]


def listed(frame: KeyFrame, scores_MK: torch.Tensor, classes: Mapping[int, str]) -> list[BoxRow]:
    """The results of a key frame as rows: every action of every box, with its score."""
    return [BoxRow(frame.video, frame.seconds, box, action, score)
            for box, scores_K in zip(frame.boxes, scores_MK.tolist(), strict=True)
            for action, score in zip(classes, scores_K, strict=True)]
