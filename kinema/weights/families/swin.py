"""Video Swin: which size, and which windows; Swin frame by frame."""

from typing import Any

from kinema.models.published import PUBLISHED
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.nearest import nearest_of
from kinema.weights.families.shapes import count

SIZES = ("swin3d_t", "swin3d_s", "swin3d_b", "swin3d_l")


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    tables = [shapes[key] for stage in range(1, 5)
              if (key := f"backbone.stages.{stage}.blocks.0.attention.table") in shapes]
    width, _, *patch = shapes.get("backbone.patches.conv.weight", (0, 0))
    if not tables or len(tables[0]) != 4 or len(patch) not in (2, 3):
        return []
    pictures = len(patch) == 2 or patch[0] == tables[0][0] == 1
    options: dict[str, Any] = {
        "width": width, "heads": tuple(table[-1] for table in tables), "patch": (*(1,) * (3 - len(patch)), *patch),
        "depths": tuple(count(shapes, rf"^backbone\.stages\.{stage + 1}\.blocks\.(\d+)\.")
                        for stage in range(len(tables))),
        "window": tuple((side + 1) // 2 for side in tables[0][:3]),
        "patch_norm": "backbone.patches.norm.weight" in shapes,
    }
    name, apart = nearest_of(SIZES, options)
    if not pictures:
        return [Candidate(f"{name}_32x2", apart)]
    flat = name.replace("3d", "2d")
    usual = PUBLISHED[flat].options
    return [Candidate(flat, {key: value for key, value in apart.items() if usual.get(key) != value})]
