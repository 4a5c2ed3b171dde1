"""From a name to a network: module[+module]-backbone[-tp]."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from torch import nn

from kinema.errors import ModelError, nearest
from kinema.models.clip import ClipSpec
from kinema.models.inception import Inception
from kinema.models.network import Network
from kinema.models.resnet import SIZES, ResNet
from kinema.models.temporal import ADDED, MODULES, Temporal, Together, answers
from kinema.models.where import Where, find_where

BACKBONES = (*SIZES, "inception_v1")
POOLS = ("max", "avg")


def create_model(
    name: str, classes: int | Sequence[str] = 400, *, frames: int | None = None, where: str | Where = "all", causal: bool = False,
    pool: str = "max", clip: ClipSpec | None = None, dropout: float = 0.5, **options: Any,
) -> Network:  # fmt: skip
    """Build a network by its name, with random weights.

    `classes` is their number or their labels. `frames` overrides the clip's. `where` says which blocks see time: "all",
    "top", "bottom", "alternate", or where(block, blocks) -> bool. `pool` is how `-tp` pools: "max" or "avg". `options` are
    those of the temporal modules. Raises ModelError when a name or an option is unknown.
    """
    modules, backbone, tp = parse(name)
    if pool not in POOLS:
        raise ModelError(f"pool={pool!r} is unknown; -tp pools by max or avg. {nearest(pool, POOLS)}")
    seeing = _temporal(name, modules, causal, options)
    alone, sees = Temporal(causal), find_where(where)
    spec = clip or ClipSpec(height=default_side(backbone), width=default_side(backbone))
    spec = replace(spec, frames=frames) if frames else spec
    labels = classes if isinstance(classes, int) else tuple(classes)

    def temporal(block: int, blocks: int) -> Temporal:
        return seeing if sees(block, blocks) else alone

    made_with = {"where": where, "causal": causal, "pool": pool, "dropout": dropout, **options}
    return Network(name, _backbone(backbone, spec, temporal, pool, tp), spec, labels, made_with)


def list_models(pattern: str = "*") -> list[str]:
    """The names that fit a pattern, in which * stands for any text. Further modules can be added with +."""
    added = ("", *(f"+{name}" for name in ADDED))
    names = (f"{m}{a}-{b}{tp}" for m in MODULES for a in added for b in BACKBONES for tp in ("", "-tp"))
    return [name for name in names if fnmatchcase(name, pattern)]


def parse(name: str) -> tuple[tuple[str, ...], str, bool]:
    """A name's modules, its backbone, and whether frames are pooled between stages."""
    modules_text, _, rest = name.partition("-")
    backbone, _, tp = rest.partition("-")
    modules = tuple(modules_text.split("+"))
    if not {*modules} <= {*MODULES, *ADDED} or backbone not in BACKBONES or tp not in ("", "tp") or rest.endswith("-"):
        raise ModelError(
            f"No model is called {name!r}. {nearest(name, list_models())} A name is module[+module]-backbone[-tp], module one of "
            f"{', '.join(MODULES)} (to add: {', '.join(ADDED)}) and backbone one of {', '.join(BACKBONES)}."
        )
    return modules, backbone, bool(tp)


def default_side(backbone: str) -> int:
    """The rows and columns of the clips a backbone is made for, in pixels."""
    return SIZES[backbone].side if backbone in SIZES else 224


def _backbone(name: str, clip: ClipSpec, temporal: Callable[[int, int], Temporal], pool: str, tp: bool) -> nn.Module:
    if name in SIZES:
        return ResNet(SIZES[name], clip.channels, clip.frames, temporal, pool if tp else None)
    return Inception(clip.channels, clip.frames, temporal, pool if tp else None, pool)


def _temporal(name: str, modules: tuple[str, ...], causal: bool, options: dict[str, Any]) -> Temporal:
    """The modules of a name, each with those options that are its own; together when there are several."""
    kinds = {module: (MODULES | ADDED)[module] for module in modules}
    known = {module: {f.name for f in fields(kind)} - {"causal"} for module, kind in kinds.items()}
    for option in options:
        if not any(option in names for names in known.values()):
            of_each = "; ".join(f"{m}: {', '.join(sorted(names)) or 'none'}" for m, names in known.items())
            hint = nearest(option, set().union(*known.values()))
            raise ModelError(f"{name} has no option {option!r}. {hint} The options of its modules are {of_each}.")
    built = {m: kind(causal, **{o: v for o, v in options.items() if o in known[m]}) for m, kind in kinds.items()}
    for (one, module), (other, another) in combinations(built.items(), 2):
        for question in {*answers(module)} & {*answers(another)}:
            raise ModelError(f"{name}: {one} and {other} cannot be added, both answer what a block's `{question}` is. Keep one of them.")
    return Together(causal, tuple(built.values())) if len(built) > 1 else built[modules[0]]
