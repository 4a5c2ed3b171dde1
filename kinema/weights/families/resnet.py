"""Residual networks with a temporal module: which size, which module, which options."""

import re
from dataclasses import fields
from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.backbones.resnet import SIZES, Block, Bottleneck
from kinema.models.backbones.resnet_forms import FORMS, Fat
from kinema.models.temporal import NonLocal
from kinema.models.temporal.i3d_fair import I3DFair
from kinema.models.temporal.slow import Slow
from kinema.models.temporal.tin import TIN
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import attention_of, counts_of, followed, inflated, stem_of
from kinema.weights.families.readouts import relations
from kinema.weights.families.shapes import first, frames_of

ROOT = "backbone"
REDUCING = {  # to fewer channels, of which these weights tell how many
    "teinet": r"before\.enhance\.here\.weight$",
    "action": r"before\.channel\.squeeze\.weight$",
    "stm": r"conv\d\.motion\.squeeze\.weight$",
}


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    counts, width = counts_of(shapes, ROOT), stem_of(shapes, ROOT)[0]
    last, middle = first(shapes, r"branch\.conv3\.weight$"), first(shapes, r"branch\.conv2\.weight$") or (0, 0)
    block = Block if last is None else Fat if last[0] == 2 * last[1] else Bottleneck
    kind = (block, counts, block is Fat and middle[1] < middle[0], stem_of(shapes, ROOT)[-1])
    sizes = {name: size for name, size in {**SIZES, **FORMS}.items()
             if (size.block, size.counts, size.groups > 1, size.stem) == kind and width}
    if not sizes:
        return []
    found = module_of(shapes) or inflated_module(shapes)
    if found is None:
        return []
    module, options = found
    usual = next(size.stem_width or size.width for size in sizes.values())
    options |= {} if width == usual else {"width_factor": width / usual}
    open_: tuple[str, ...] = ()
    if attention := attention_of(shapes):
        module += "+nonlocal"
        options |= unusual(NonLocal, {"places": followed(shapes, ROOT), "attention": attention,
                                      "out_bias": first(shapes, r"\.after\.out\.bias$") is not None})
        open_ = ("attention",) if attention == "softmax" else ()
    module += "+se" * any(".gate.squeeze." in key for key in shapes)
    neck = "tpn_" * any(key.startswith(f"{ROOT}.neck.") for key in shapes)
    if hidden := shapes.get("readout.layers.hidden.weight"):
        options |= {"hidden": hidden[0]}
    names = [f"{module}-{neck}{name}" for name in sizes if neck + name in BACKBONES]
    return [Candidate(name, options, open_) for name in names]


def module_of(shapes: Shapes) -> tuple[str, dict[str, Any]] | None:
    """The temporal module that has weights of its own, and its options."""
    for module, pattern in REDUCING.items():
        if squeezes := [shape for key, shape in shapes.items() if re.search(pattern, key)]:
            return module, {"reduction": min(wide // narrow for narrow, wide, *_ in squeezes)}  # rounded where few
    if both := first(shapes, r"conv\d\.both\.weight$"):
        space = first(shapes, r"conv\d\.space\.weight$") or both
        whole = both[0] + space[0]
        return "gst", {"alpha": whole // both[0], "split": space[1] < whole}
    if mix := first(shapes, r"before\.mix\.weight$"):
        return "tam", {"taps": mix[2], "depthwise": mix[1] == 1}
    if hidden := first(shapes, r"before\.offset_hidden\.weight$"):
        moved, inputs = (first(shapes, r"before\.offset_conv\.weight$") or (0, 1))[1], stem_of(shapes, ROOT)[0]
        return "tin", {"frames": hidden[0]} | ({"fold": inputs // moved} if inputs // moved != TIN.fold else {})
    if blend := first(shapes, r"adapt\.blend\.0\.weight$"):
        return "tanet", {"frames": blend[1], "widen": blend[0] // blend[1]}
    if first(shapes, r"conv\d\.time\.weight$"):
        return "s3d", {"depthwise": (first(shapes, r"time\.weight$") or (0, 0))[1] == 1}
    if found := relations(shapes):
        return found
    if first(shapes, r"conv1\.shift\.gate\."):
        return "gsm", {}
    return None


def inflated_module(shapes: Shapes) -> tuple[str, dict[str, Any]] | None:
    """The temporal module of networks whose convolutions cover frames and pixels, or neither.

    Stems cover 5 frames in FAIR's heavy networks, and any number in its others.
    """
    one, two, stem = inflated(shapes, ROOT, 1), inflated(shapes, ROOT, 2), frames_of(stem_of(shapes, ROOT))
    heavy = "1" in "".join(two)
    if heavy and stem <= 3 and {*two} == {"1"}:
        return "i3d", {}
    patterns = two if heavy else one
    if stem == 1 and "1" not in "".join(patterns):
        return "tsn", {}
    if stem not in (1, 5) and (heavy or "1" not in "".join(one)):
        return None
    name, kind = ("slow", Slow) if stem == 1 else ("i3d_fair", I3DFair)
    return name, unusual(kind, {"inflate": patterns, "heavy": heavy, "stem_frames": stem})


def unusual(kind: type, options: dict[str, Any]) -> dict[str, Any]:
    """Those of a module's options that are not as usual."""
    usual = {field.name: field.default for field in fields(kind)}
    return {name: value for name, value in options.items() if value != usual[name]}
