"""3-D residual networks and their factorisations: which size and form, which temporal module, which options.

A network in which every convolution over pixels covers three frames is an i3d to the weights alone; where a zoo means
r3d by it, the zoo says so.
"""

from typing import Any

from kinema.models.backbones.resnet import SIZES, Block, Bottleneck, Size
from kinema.models.backbones.resnet_forms import FORMS, EarlyNorm, EarlyNormBottleneck, Fat
from kinema.models.temporal.r2plus1d import middle_channels
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import counts_of
from kinema.weights.families.shapes import first, frames_of

ALL, USUAL_STEPS = (0, 1, 2, 3, 4), (1, 2, 2, 2)
BRANCH = r"stages\.{}\.{}\.branch\."


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    found = module_of(shapes)
    if found is None:
        return []
    module, options = found
    if not any(".shortcut." in key for key in shapes):
        options["shortcut"] = "padded"
    tp = "" if module == "mc3" or not any(stage > 1 for stage in options.get("stages", ALL)) else "-tp"
    return [Candidate(name, {**options, **widened})
            for name, widened in ((f"{module}-{size}{tp}", widened) for size, widened in sizes_of(shapes))]


def sizes_of(shapes: Shapes) -> list[tuple[str, dict[str, Any]]]:
    """The backbones that have the blocks of these weights, each with how much wider it is."""
    counts = counts_of(shapes, "backbone")
    narrow = first(shapes, BRANCH.format(1, 0) + r"bn2\.weight$") or first(shapes, BRANCH.format(1, 0) + "conv1")
    middle = first(shapes, BRANCH.format(1, 0) + r"conv2\.(\w+\.)?weight$")
    end = first(shapes, BRANCH.format(1, 0) + r"conv3\.weight$")
    if narrow is None or middle is None:
        return []
    width, early = narrow[0], norm_is_first(shapes)
    if end and end[0] == 2 * width:
        block: type[Block] = Fat
    elif end:
        block = EarlyNormBottleneck if early else Bottleneck
    else:
        block = EarlyNorm if early else Block
    grouped = block is Fat and middle[1] < width
    return [(name, wider(size, width, stem_width(shapes))) for name, size in {**SIZES, **FORMS}.items()
            if (size.block, size.counts, size.groups > 1, size.stem) == (block, counts, grouped, stem_size(shapes))]


def wider(size: Size, width: int, stem: int) -> dict[str, Any]:
    """The options of a network of a size whose first stage and whose stem have so many channels."""
    usual = int((size.stem_width or size.width) * width / size.width)
    return {**({} if size.width == width else {"width_factor": width / size.width}),
            **({} if stem == usual else {"stem_width": stem})}


def stem_width(shapes: Shapes) -> int:
    """How many channels leave the stem."""
    return (first(shapes, r"stem\.conv\.(time\.)?weight$") or (0,))[0]


def stem_size(shapes: Shapes) -> int:
    """How many pixels the stem's kernel is high."""
    return (first(shapes, r"stem\.conv\.(space\.)?weight$") or (0,))[-1]


def norm_is_first(shapes: Shapes) -> bool:
    """Is a block's first batch norm as wide as its input?"""
    norm = first(shapes, BRANCH.format(2, 0) + r"bn1\.weight$")
    inputs = first(shapes, r"stages\.2\.0\.shortcut\.conv\.(space\.)?weight$")
    before = first(shapes, BRANCH.format(2, 0) + r"conv1\.(space\.)?weight$") if inputs is None else inputs
    return norm is not None and before is not None and norm[0] == before[1]


def module_of(shapes: Shapes) -> tuple[str, dict[str, Any]] | None:
    """The temporal module and its options; none where it is not one of these."""
    stem = first(shapes, r"stem\.conv\.(time\.)?weight$")
    middle = first(shapes, BRANCH.format(1, 0) + r"conv2\.weight$")
    if stem is None:
        return None
    if first(shapes, r"conv2\.point\.weight$"):
        return "ipcsn", seen(stem)
    if first(shapes, r"conv\d\.space_norm\.weight$"):
        return "p3d", {}
    if first(shapes, r"conv2\.time\.weight$") and first(shapes, r"conv2\.norm\.weight$"):
        return "r2plus1d", {**seen(stem), **between(shapes)}
    if middle is not None and middle[1] == 1 and middle[0] > 1 and frames_of(middle) > 1:
        return "ircsn", seen(stem)
    stages = tuple(stage for stage in ALL if frames_of(stem if stage == 0 else first(
        shapes, BRANCH.format(stage, 0) + r"conv2\.weight$")) > 1)
    if stages in ((), ALL) and frames_of(stem) in (1, 3):
        return None
    if stages == (0, 1):
        return "mc3", seen(stem)
    steps = tuple(2 if stage > 1 and stage in stages else 1 for stage in ALL[1:])
    options = {"stages": (stages, ALL), "steps": (steps, USUAL_STEPS)}
    return "r3d", {**{name: value for name, (value, usual) in options.items() if value != usual}, **seen(stem)}


def seen(stem: tuple[int, ...]) -> dict[str, Any]:
    """The option of a stem that does not cover three frames."""
    return {} if frames_of(stem) in (1, 3) else {"stem_frames": frames_of(stem)}


def between(shapes: Shapes) -> dict[str, Any]:
    """How many channels are between the two parts of a separated convolution, and which convolutions are so."""
    options: dict[str, Any] = {}
    stem_time, stem_space = (first(shapes, rf"stem\.conv\.{part}\.weight$") for part in ("time", "space"))
    if stem_time is None or stem_space is None:
        options["stages"] = ALL[1:]
    else:
        rule = middle_channels(stem_space[1], stem_time[0], stem_time[2], stem_space[-1])
        options["stem_middle"] = 0 if stem_space[0] == rule else stem_space[0]
    if first(shapes, r"shortcut\.conv\.space\.weight$"):
        options["split_shortcut"] = True
    space = first(shapes, BRANCH.format(2, 0) + r"conv2\.space\.weight$") or (0, 0)
    time = first(shapes, BRANCH.format(2, 0) + r"conv2\.time\.weight$") or (0, 0)
    if time[0] == time[1] == space[0] == space[1]:
        return {**options, "middle": "outputs"}
    own = middle_channels(space[1], time[0], 3, 3)
    return {**options, "middle": "conv" if own == space[0] else "block"}
