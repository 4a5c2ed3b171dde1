"""From a name to a network: module[+module]-backbone[-tp]."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from operator import index
from typing import Any

from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.clip import ClipSpec
from kinema.models.inception import Inception
from kinema.models.network import Network
from kinema.models.plan import Plan
from kinema.models.resnet import SIZES, ResNet
from kinema.models.temporal import ADDED, MODULES, Temporal, together
from kinema.models.where import Where, find_where

BACKBONES: dict[str, Callable[[Plan], nn.Module]] = {
    **{name: partial(ResNet, size) for name, size in SIZES.items()},
    "inception_v1": Inception,
}
SIDES = {"resnet_tiny": 112}  # pixels across the clips a backbone is made for, where that is not 224
POOLS = ("max", "avg")


def create_model(
    name: str, classes: int | Sequence[str] = 400, *, frames: int | None = None, where: str | Where = "all",
    causal: bool = False, pool: str = "max", clip: ClipSpec | None = None, dropout: float = 0.5, **options: Any,
) -> Network:
    """Build a network by its name, with random weights.

    `classes` is their number or their labels. `clip` is what it will be fed, `frames` changes that clip's. `where` says
    which blocks see time: "all", "top", "bottom", "alternate", or where(block, blocks) -> bool. `causal` networks never
    look at later frames. `pool` is how `-tp` pools, "max" or "avg". `options` are those of the temporal modules. Raises
    ModelError when a name, a value or an option is unknown.
    """
    modules, backbone, tp = parse(name)
    if pool not in POOLS:
        raise ModelError(f"pool={pool!r} is unknown; it is one of {', '.join(POOLS)}. {nearest(str(pool), POOLS)}")
    classes = check_classes(classes)
    if frames is not None and whole(frames) is None:
        raise ModelError(f"frames={frames!r}: expected a whole number, 1 or more.")
    if not isinstance(causal, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ModelError(f"causal={causal!r}, dropout={dropout!r}: expected True or False, and a share from 0 to 1.")
    side = SIDES.get(backbone, 224)
    clip = clip or ClipSpec(height=side, width=side)
    clip = clip if frames is None else replace(clip, frames=frames)
    seeing, alone, sees = make_temporal(name, modules, causal, options), Temporal(causal), find_where(where)

    def temporal(block: int, blocks: int) -> Temporal:
        return seeing if sees(block, blocks) else alone

    built = BACKBONES[backbone](Plan(clip.channels, clip.frames, temporal, tp, pool))
    return Network(name, built, clip, classes, dropout)


def check_classes(classes: Any) -> int | tuple[str, ...]:
    """The number of classes, or their labels, all different; ModelError for anything else."""
    number = len(classes) if isinstance(classes, list | tuple) else whole(classes) or 0
    if number < 1:
        raise ModelError(f"classes={classes!r}: expected their number, 1 or more, or a list of their labels.")
    if not isinstance(classes, list | tuple):
        return number
    if len({*classes}) < number:
        raise ModelError("Two classes have one name; a network's labels are all different.")
    return tuple(classes)


def whole(value: Any) -> int | None:
    """A whole number of any library as Python's own; None for what is no number, truth values too."""
    return None if isinstance(value, bool) or not hasattr(value, "__index__") else index(value)


def list_models(pattern: str = "*") -> list[str]:
    """The names that fit a pattern, in which * stands for any text. More can be added: `i3d+se+nonlocal-resnet50`."""
    added = ("", *(f"+{name}" for name in ADDED))
    names = (f"{m}{a}-{b}{tp}" for m in MODULES for a in added for b in BACKBONES for tp in ("", "-tp"))
    return [name for name in names if fnmatchcase(name, pattern)]


def parse(name: str) -> tuple[list[str], str, bool]:
    """A name's modules, its backbone, and whether frames are pooled between stages."""
    name = str(name)  # whatever came is told as no name
    first, *rest = name.split("-")
    modules, backbone = first.split("+"), rest[0] if rest else ""
    if backbone not in BACKBONES or rest[1:] not in ([], ["tp"]) or any(m not in MODULES | ADDED for m in modules):
        raise ModelError(
            f"No model is called {name!r}. {nearest(name, list_models())} A name is module[+module]-backbone[-tp], "
            f"module one of {', '.join(MODULES)} (to add: {', '.join(ADDED)}) and backbone one of "
            f"{', '.join(BACKBONES)}.")
    return modules, backbone, bool(rest[1:])


def make_temporal(name: str, modules: Sequence[str], causal: bool, options: dict[str, Any]) -> Temporal:
    """The modules of a name as one, each with those options that are its own."""
    built, known = [], {}
    for module in modules:
        kind = (MODULES | ADDED)[module]
        known[module] = sorted({field.name for field in fields(kind)} - {"causal"})
        for key in options.keys() & {*known[module]}:
            usual = getattr(kind, key, None)
            if isinstance(usual, int | str) and type(options[key]) is not type(usual):
                expected = {bool: "true or false", int: "a whole number", str: "a word"}[type(usual)]
                raise ModelError(f"{name}: the option {key} is {options[key]!r}; expected {expected}.")
        built.append((module, kind(causal, **{key: value for key, value in options.items() if key in known[module]})))
    for option in options:
        if all(option not in own for own in known.values()):
            have = "; ".join(f"{module} has {', '.join(own) or 'none'}" for module, own in known.items())
            close = nearest(option, chain(*known.values()))
            raise ModelError(f"{name} has no option {option!r}. {close} Of its modules, {have}.")
    return together(built, name) if len(built) > 1 else built[0][1]
