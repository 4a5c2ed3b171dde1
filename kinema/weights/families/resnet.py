"""Residual networks with a temporal module: which size, which module, which options."""

from dataclasses import fields
from typing import Any

from kinema.models.backbones import BACKBONES
from kinema.models.resnet import SIZES, Bottleneck
from kinema.models.temporal import NonLocal
from kinema.models.temporal.i3d_fair import I3DFair
from kinema.models.temporal.slow import Slow
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.blocks import attention_of, counts_of, followed, inflated, stem_of
from kinema.weights.families.shapes import first, frames_of

ROOT = "backbone"


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    counts, width = counts_of(shapes, ROOT), stem_of(shapes, ROOT)[0]
    block = Bottleneck if first(shapes, r"branch\.conv3\.") else None
    sizes = [name for name, size in SIZES.items()
             if size.counts == counts and (size.block is Bottleneck) == (block is Bottleneck) and width == size.width]
    if not sizes:
        return []
    module, options = module_of(shapes)
    open_: tuple[str, ...] = ()
    if attention := attention_of(shapes):
        module += "+nonlocal"
        options |= unusual(NonLocal, {"places": followed(shapes, ROOT), "attention": attention})
        open_ = ("attention",) if attention == "softmax" else ()
    module += "+se" * any(".gate.squeeze." in key for key in shapes)
    neck = "tpn_" * any(key.startswith(f"{ROOT}.neck.") for key in shapes)
    if hidden := shapes.get("readout.layers.hidden.weight"):
        options |= {"hidden": hidden[0]}
    return [Candidate(f"{module}-{neck}{name}", options, open_) for name in sizes if neck + name in BACKBONES]


def module_of(shapes: Shapes) -> tuple[str, dict[str, Any]]:
    """The temporal module and its options."""
    if mix := first(shapes, r"before\.mix\.weight$"):
        return "tam", {"taps": mix[2], "depthwise": mix[1] == 1}
    if hidden := first(shapes, r"before\.offset_hidden\.weight$"):
        return "tin", {"frames": hidden[0]}
    if blend := first(shapes, r"adapt\.blend\.0\.weight$"):
        return "tanet", {"frames": blend[1], "widen": blend[0] // blend[1]}
    if first(shapes, r"conv\d\.time\.weight$"):
        return "s3d", {"depthwise": (first(shapes, r"time\.weight$") or (0, 0))[1] == 1}
    return inflated_module(shapes)


def inflated_module(shapes: Shapes) -> tuple[str, dict[str, Any]]:
    """The temporal module of networks whose convolutions cover frames and pixels, or neither."""
    one, two, stem = inflated(shapes, ROOT, 1), inflated(shapes, ROOT, 2), frames_of(stem_of(shapes, ROOT))
    heavy = "1" in "".join(two)
    if heavy and stem <= 3 and {*two} == {"1"}:
        return "i3d", {}
    patterns = two if heavy else one
    if stem == 1 and "1" not in "".join(patterns):
        return "tsn", {}
    name, kind = ("slow", Slow) if stem == 1 else ("i3d_fair", I3DFair)
    return name, unusual(kind, {"inflate": patterns, "heavy": heavy, "stem_frames": stem})


def unusual(kind: type, options: dict[str, Any]) -> dict[str, Any]:
    """Those of a module's options that are not as usual."""
    usual = {field.name: field.default for field in fields(kind)}
    return {name: value for name, value in options.items() if value != usual[name]}
