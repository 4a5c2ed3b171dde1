"""Vision transformers: their size, how their attention sees time, their positions and what is read out."""

import math
from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.clip import ClipSpec
from kinema.models.options import usual_values
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first

SIZE = ("width", "depth", "heads", "hidden", "patch")
USUAL_SIDE = 224  # pixels
FIRST_SCALE = 0.1  # that a branch begins with, as BEiT's
HEAD = 64  # channels of a head, as published; a guess elsewhere


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    stem, qkv = shapes.get("backbone.stem.weight"), first(shapes, r"^backbone\.blocks\.0\.attention\.attend\.qkv\.w")
    if stem is None or qkv is None or "backbone.clip_token" in shapes:
        return []
    patch, tubelet = stem[-1], stem[2] if len(stem) == 5 else 1
    size: dict[str, Any] = {
        "width": stem[0], "depth": count(shapes, r"^backbone\.blocks\.(\d+)\."), "patch": patch,
        "hidden": (first(shapes, r"^backbone\.blocks\.0\.mlp\.up\.weight") or (0,))[0],
    }
    name = next((name for name, row in sizes().items() if size.items() <= row.items()), None)
    options: dict[str, Any] = {**size, "tubelet": tubelet, **bias(shapes), **positions(shapes, patch, tubelet),
                               "heads": sizes()[name]["heads"] if name else heads_of(size["width"])}
    if "backbone.blocks.0.mlp.scale.weight" in shapes:
        options["layer_scale"] = FIRST_SCALE
    if "backbone.out.query" in shapes:
        options |= {"readout": "probe", "probe": count(shapes, r"^backbone\.out\.blocks\.(\d+)\.")}
    elif "readout.class_token" in shapes:
        options["layers"] = count(shapes, r"^readout\.blocks\.(\d+)\.")
    return [Candidate(f"{module(shapes)}-{name or 'vit_tiny'}", options, () if name else ("heads",))]


def sizes() -> dict[str, dict[str, int]]:
    """The sizes of the published transformers."""
    return {name: {key: value for key, value in usual_values(row.build).items() if key in SIZE}
            for name, row in BACKBONES.items() if name.startswith("vit_")}


def heads_of(width: int) -> int:
    """The usual number of heads."""
    return max(width // HEAD, 1) if width % HEAD == 0 else max(n for n in range(1, width // 16 + 1) if width % n == 0)


def module(shapes: Shapes) -> str:
    """The temporal module: what attention over time there is, or else whether frames are told their time."""
    if "readout.class_token" in shapes:
        return "encoder"
    if first(shapes, r"^backbone\.blocks\.0\.attention\.time\."):
        return "s3d"
    return "tsn" if "backbone.positions.space" in shapes and "backbone.positions.time" not in shapes else "i3d"


def bias(shapes: Shapes) -> dict[str, str]:
    """Which of queries, keys and values have a bias."""
    if first(shapes, r"^backbone\.blocks\.0\.attention\.attend\.qkv\.bias$"):
        return {"bias": "qkv"}
    return {"bias": "qv" if first(shapes, r"^backbone\.blocks\.0\.attention\.attend\.query_bias$") else "none"}


def positions(shapes: Shapes, patch: int, tubelet: int) -> dict[str, Any]:
    """The kind of positions and, where a table says so, the clip that they are for."""
    classes = int("backbone.class_token" in shapes)
    if space := shapes.get("backbone.positions.space"):
        side = math.isqrt(space[1] - classes) * patch
        frames = shapes.get("backbone.positions.time", (1, 8))[1] * tubelet
        return {"positions": "separable", "clip": ClipSpec(frames, side, side)}
    for kind, key in (("fixed", "backbone.positions.fixed"), ("learned", "backbone.positions.table")):
        if table := shapes.get(key):
            patches = table[1] - (classes if kind == "learned" else 0)
            frames, side = frames_and_side(patches, USUAL_SIDE // patch)
            clip = ClipSpec(frames * tubelet, side * patch, side * patch)
            return {"positions": kind, "positions_for": patches, "clip": clip}
    return {}


def frames_and_side(patches: int, usual: int) -> tuple[int, int]:
    """A table's frames and rows: of frames of the usual size if they fit, else of the largest of two frames or more.

    The numbers that a network gives for the clip that its table is for do not depend on this.
    """
    fits = [side for side in range(1, math.isqrt(patches) + 1) if patches % side**2 == 0]
    side = usual if usual in fits else max((side for side in fits if patches > side**2), default=1)
    return patches // side**2, side
