"""What is true of every clip, one line of JSON each: its class, when things happen, and where the objects are.

A mask is kept as run lengths: its (T, H, W) places in that order, how many are outside, then inside, then outside ...
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinema.data.synthetic.shapes import Array
from kinema.data.synthetic.stage import Drawing

TRUTH = "truth.jsonl"


@dataclass(frozen=True)
class Truth:
    """One clip's truth. boxes: per object a (T, 4) array of x0, y0, x1, y1 in pixels, NaN in frames without it;
    masks: per object (T, H, W) bool, whole also where something hides it; points: per joint (T, 2) pixels."""

    path: str
    label: str
    source: str
    split: str
    fps: float
    events: tuple[tuple[str, float, float], ...]  # name, start_seconds, end_seconds
    boxes: dict[str, Array]
    masks: dict[str, Array]
    points: dict[str, Array]


def to_line(row: dict[str, str], drawing: Drawing, fps: float) -> str:
    """A clip's row of the table and its drawing as one line of JSON."""
    frames, height, width = drawing.frames_THWC.shape[:3]
    events = [{"name": e.name, "start_seconds": round(e.first / fps, 4), "end_seconds": round((e.last + 1) / fps, 4)}
              for e in drawing.events]
    objects = {name: {"boxes": boxes(mask), "mask_runs": to_runs(mask)} for name, mask in drawing.masks.items()}
    points = {name: np.round(place, 1).tolist() for name, place in drawing.points.items()}
    line: dict[str, Any] = {**row, "fps": fps, "frames": frames, "height": height, "width": width, "events": events,
                            "shake_pixels": round(drawing.shake_pixels, 2), "objects": objects, "points": points}
    return json.dumps(line, separators=(",", ":"))


def read_truth(folder: str | Path) -> dict[str, Truth]:
    """The truth of every clip in a made-up data set, by the clip's path inside it."""
    lines = (Path(folder) / TRUTH).read_text(encoding="utf-8").splitlines()
    return {truth.path: truth for truth in map(from_line, lines)}


def from_line(line: str) -> Truth:
    """Read one clip's truth back."""
    given = json.loads(line)
    shape = (given["frames"], given["height"], given["width"])
    nowhere = [float("nan")] * 4
    return Truth(
        **{name: given[name] for name in ("path", "label", "source", "split", "fps")},
        events=tuple((e["name"], e["start_seconds"], e["end_seconds"]) for e in given["events"]),
        boxes={name: np.asarray([box or nowhere for box in o["boxes"]]) for name, o in given["objects"].items()},
        masks={name: from_runs(o["mask_runs"], shape) for name, o in given["objects"].items()},
        points={name: np.asarray(places) for name, places in given["points"].items()},
    )


def boxes(mask_THW: Array) -> list[list[int] | None]:
    """The smallest box x0, y0, x1, y1 round a mask in each frame (x1, y1 just outside), None where it is empty."""
    found: list[list[int] | None] = []
    for mask_HW in mask_THW:
        x, y = np.flatnonzero(mask_HW.any(axis=0)), np.flatnonzero(mask_HW.any(axis=1))
        found.append([int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1] if len(x) else None)
    return found


def to_runs(mask: Array) -> list[int]:
    """Run lengths of a mask read row by row, the first of them (perhaps 0) outside it."""
    flat = np.concatenate([[False], mask.ravel()])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()


def from_runs(runs: list[int], shape: tuple[int, ...]) -> Array:
    """The mask of some run lengths."""
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(shape)
