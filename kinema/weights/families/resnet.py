"""Residual networks with a temporal module: which size, which module, which options."""

from typing import Any

from kinema.models.resnet import SIZES, Bottleneck
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.readouts import relations
from kinema.weights.families.shapes import count, first, frames_of

REDUCING = {  # to fewer channels, of which these weights tell how many
    "teinet": r"before\.enhance\.here\.weight$",
    "action": r"before\.channel\.squeeze\.weight$",
    "stm": r"conv\d\.motion\.squeeze\.weight$",
}
STAGE = r"^backbone\.stages\.{}\.(\d+)\.branch"


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    counts = tuple(count(shapes, STAGE.format(stage)) for stage in (1, 2, 3, 4))
    block = Bottleneck if first(shapes, r"branch\.conv3\.") else None
    sizes = [name for name, size in SIZES.items()
             if size.counts == counts and (size.block is Bottleneck) == (block is Bottleneck)
             and (first(shapes, r"stem\.conv\.weight$") or (0,))[0] == size.width]
    module, options = module_of(shapes)
    added = "+nonlocal" * any(".after.value." in key for key in shapes)
    added += "+se" * any(".gate.squeeze." in key for key in shapes)
    open_ = ("attention",) if "nonlocal" in added else ()
    return [Candidate(f"{module}{added}-{name}", options, open_) for name in sizes]


def module_of(shapes: Shapes) -> tuple[str, dict[str, Any]]:
    """The temporal module and its options."""
    for module, pattern in REDUCING.items():
        if squeeze := first(shapes, pattern):
            return module, {"reduction": squeeze[1] // squeeze[0]}
    if both := first(shapes, r"conv\d\.both\.weight$"):
        space = first(shapes, r"conv\d\.space\.weight$") or both
        whole = both[0] + space[0]
        return "gst", {"alpha": whole // both[0], "split": space[1] < whole}
    if mix := first(shapes, r"before\.mix\.weight$"):
        return "tam", {"taps": mix[2], "depthwise": mix[1] == 1}
    if hidden := first(shapes, r"before\.offset_hidden\.weight$"):
        return "tin", {"frames": hidden[0]}
    if blend := first(shapes, r"adapt\.blend\.0\.weight$"):
        return "tanet", {"frames": blend[1], "widen": blend[0] // blend[1]}
    if first(shapes, r"conv\d\.time\.weight$"):
        return "s3d", {"depthwise": (first(shapes, r"time\.weight$") or (0, 0))[1] == 1}
    if found := relations(shapes):
        return found
    if first(shapes, r"conv1\.shift\.gate\."):
        return "gsm", {}
    if frames_of(first(shapes, r"stages\.1\.0\.branch\.conv2\.weight$")) > 1:
        return "i3d", {}
    return "tsn", {}
