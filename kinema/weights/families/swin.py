"""Video Swin: which size, and which windows."""

from typing import Any

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.nearest import nearest_of
from kinema.weights.families.shapes import count

SIZES = ("swin3d_t", "swin3d_s", "swin3d_b", "swin3d_l")


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    tables = [shapes[key] for stage in range(1, 5)
              if (key := f"backbone.stages.{stage}.blocks.0.attention.table") in shapes]
    width, _, *patch = shapes.get("backbone.patches.conv.weight", (0, 0))
    if not tables or len(patch) != 3:  # one for pictures has no frames
        return []
    options: dict[str, Any] = {
        "width": width, "heads": tuple(table[-1] for table in tables), "patch": tuple(patch),
        "depths": tuple(count(shapes, rf"^backbone\.stages\.{stage + 1}\.blocks\.(\d+)\.")
                        for stage in range(len(tables))),
        "window": tuple((side + 1) // 2 for side in tables[0][:3]),
        "patch_norm": "backbone.patches.norm.weight" in shapes,
    }
    name, apart = nearest_of(SIZES, options)
    return [Candidate(f"{name}_32x2", apart)]
