"""UniFormer: which size, and whether its attention is split."""

from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.options import usual_values
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count

SIZES = ("uniformer_s", "uniformer_b")
STAGE = "backbone.stages.{}."


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    steps = [shapes.get(STAGE.format(stage) + "patches.conv.weight", ()) for stage in (1, 2, 3, 4)]
    inner = shapes.get("backbone.stages.1.blocks.0.mlp.fc1.weight")
    if not all(steps) or not inner:
        return []
    options: dict[str, Any] = {
        "widths": tuple(step[0] for step in steps),
        "depths": tuple(count(shapes, rf"^backbone\.stages\.{stage}\.blocks\.(\d+)\.") for stage in (1, 2, 3, 4)),
        "widen": inner[0] // inner[1],
        "split": "backbone.stages.3.blocks.0.time_norm.weight" in shapes,
        "step_frames": steps[1][2],
    }
    usual = {name: usual_values(BACKBONES[name].build) for name in SIZES}
    apart = {name: {key: value for key, value in options.items() if usual[name][key] != value} for name in SIZES}
    name = min(SIZES, key=lambda name: len(apart[name]))
    return [Candidate(f"{name}_16x4", apart[name])]
