"""UniFormer: which size, and whether its attention is split."""

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.nearest import nearest_of
from kinema.weights.families.shapes import count

SIZES, LIGHT = ("uniformer_s", "uniformer_b"), ("uniformer_xxs", "uniformer_xs")
STAGE = "backbone.stages.{}."
FIRST_SCALE = 1e-6  # that a branch begins with


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if "backbone.token_up.weight" in shapes:
        return light(shapes)
    steps = [shapes.get(STAGE.format(stage) + "patches.conv.weight", ()) for stage in (1, 2, 3, 4)]
    inner = shapes.get("backbone.stages.1.blocks.0.mlp.fc1.weight")
    if not all(steps) or not inner:
        return []
    name, apart = nearest_of(SIZES, {
        "widths": tuple(step[0] for step in steps),
        "depths": tuple(count(shapes, rf"^backbone\.stages\.{stage}\.blocks\.(\d+)\.") for stage in (1, 2, 3, 4)),
        "widen": inner[0] // inner[1],
        "split": "backbone.stages.3.blocks.0.time_norm.weight" in shapes,
        "step_frames": steps[1][2],
    })
    return [Candidate(f"{name}_16x4", apart)]


def light(shapes: Shapes) -> list[Candidate]:
    """Those with a class token; how wide heads are is only known of the published sizes."""
    fourth, third = shapes["backbone.token_up.weight"]
    hidden, first, *_ = shapes["backbone.local.1.blocks.0.mlp.fc1.weight"]
    second = shapes["backbone.local.2.patches.conv.weight"][0]
    name, apart = nearest_of(LIGHT, {
        "layer_scale": FIRST_SCALE if "backbone.third.0.scale1.weight" in shapes else 0.0,
        "widths": (first, second, third, fourth), "widen": hidden // first,
        "depths": tuple(count(shapes, rf"^backbone\.{blocks}\.(\d+)\.")
                        for blocks in (r"local\.1\.blocks", r"local\.2\.blocks", "third", "fourth")),
    })
    return [Candidate(name, apart, ("head",) if "widths" in apart else ())]
