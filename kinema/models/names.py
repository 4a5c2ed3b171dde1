"""From a name to a network: module[+module]-backbone[-tp], or the name a network was published with."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from operator import index
from typing import Any

from kinema.errors import ModelError, nearest
from kinema.models.backbones import BACKBONES
from kinema.models.clip import ClipSpec
from kinema.models.drop_path import DropPath
from kinema.models.layers import repeat_edges
from kinema.models.network import Network
from kinema.models.options import choose, shared_out
from kinema.models.plan import Plan
from kinema.models.published import PUBLISHED
from kinema.models.table import Published
from kinema.models.temporal import ADDED, MODULES, Temporal, together
from kinema.models.where import Where, find_where

POOLS = ("max", "avg")
EDGES = ("zeros", "repeat")
CLASSES = 400  # of Kinetics
USUAL = {"frames": None, "where": "all", "causal": False, "pool": "max", "dropout": 0.5, "edges": "zeros",
         "drop_path": 0.0}
ADDED_TO = ("resnet_tiny", "resnet50")  # the backbones that are listed with an added module too, and the modules
ADDED_WITH = {
    "se": ("tsn", "i3d"), "gate": ("s3d",), "nonlocal": ("tsn", "tsm", "i3d", "c2d", "i3d_fair", "slow"),
}


def create_model(
    name: str, classes: int | Sequence[str] | None = None, *, frames: int | None = None, where: str | Where = "all",
    causal: bool = False, pool: str = "max", clip: ClipSpec | None = None, dropout: float = 0.5, edges: str = "zeros",
    drop_path: float = 0.0, **options: Any,
) -> Network:
    """Build a network by its name, with random weights.

    `classes` is their number (None: 400) or their labels. `clip` is what it will be fed, `frames` changes that clip's.
    `where` says which blocks see time: "all", "top", "bottom", "alternate", or where(block, blocks) -> bool. `causal`
    networks never look at later frames. `pool` is how `-tp` pools, "max" or "avg". Beyond a clip, convolutions and
    pools over frames see "zeros", or with `edges` "repeat" its first and last frame again; what tin, tanet, teinet,
    stm, tea, tdn, corrnet and action compute of neighbours in their own way keeps zeros. `drop_path` is the chance with
    which training leaves out the branches of the last block, for each clip, where a network has such branches; it falls
    to 0 at the first. `options` are those of the temporal modules and of the backbone. Raises ModelError when a name, a
    value or an option is unknown.
    """
    if frames is not None and whole(frames) is None:
        raise ModelError(f"frames={frames!r}: expected a whole number, 1 or more.")
    frames = frames if frames is None else whole(frames)
    said = {"frames": frames, "where": where, "causal": causal, "pool": pool, "dropout": dropout,
            "edges": edges, "drop_path": drop_path}
    changed = {**{key: value for key, value in said.items() if value != USUAL[key]}, **options}
    row = PUBLISHED.get(name) if isinstance(name, str) else None
    modules, backbone, tp = parse(name)
    if pool not in POOLS:
        raise ModelError(f"pool={pool!r} is unknown; it is one of {', '.join(POOLS)}.{nearest(str(pool), POOLS)}")
    choose("edges", edges, EDGES)
    classes = check_classes(CLASSES if classes is None else classes)
    if not isinstance(causal, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ModelError(f"causal={causal!r}, dropout={dropout!r}: expected True or False, and a share from 0 to 1.")
    if isinstance(drop_path, bool) or not isinstance(drop_path, int | float) or not 0 <= drop_path < 1:
        raise ModelError(f"drop_path={drop_path!r}: expected a share from 0 to below 1.")
    if clip is not None and not isinstance(clip, ClipSpec):
        raise ModelError(f"clip={clip!r}: expected a ClipSpec, such as ClipSpec(frames=16, height=112, width=112).")
    clip = clip or usual_clip(backbone, row)
    clip = clip if frames is None else replace(clip, frames=frames)
    options = {**(row.options if row else {}), **options}
    build = BACKBONES[backbone].build
    given = shared_out(name, options, {**{m: (MODULES | ADDED)[m] for m in modules}, backbone: build})
    built = [(module, (MODULES | ADDED)[module](causal, **given[module])) for module in modules]
    seeing = together(built, name) if len(built) > 1 else built[0][1] if built else Temporal(causal)
    if tp and not seeing.tp:
        raise ModelError(f"{name}: {'+'.join(modules)} leaves no frames to pool between stages. "
                         f"Nearest: {name.removesuffix('-tp')}.")
    alone, sees = Temporal(causal), find_where(where)

    def temporal(block: int, blocks: int) -> Temporal:
        return seeing if sees(block, blocks) else alone

    plan = Plan(clip.channels, clip.frames, clip.height, clip.width, temporal, tp, pool, drop_path)
    body = build(plan, **given[backbone])
    if drop_path and not any(isinstance(layer, DropPath) for layer in body.modules()):
        raise ModelError(f"{name} has no residual branches that drop_path could leave out. Nearest: tam-resnet50.")
    left = getattr(body, "frames", clip.frames)  # fewer where a stem joins frames
    readout = seeing.readout(body.channels, left)  # type: ignore[arg-type]
    network = Network(name, body, readout, clip, classes, dropout, changed)
    if edges == "repeat":
        repeat_edges(network)
    return network


def usual_clip(backbone: str, row: Published | None) -> ClipSpec:
    """The clip a network expects when nothing is said: as published, or its backbone's."""
    body = BACKBONES[backbone]
    clip = row.clip if row else ClipSpec(
        frames=body.frames, height=body.size, width=body.size, neighbours=body.neighbours)
    return clip if body.input == "rgb" else replace(clip, input=body.input)


def expected_clip(name: str) -> ClipSpec:
    """The clip that the network of a name expects, when nothing else is said."""
    return usual_clip(parse(name)[1], PUBLISHED.get(name))


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
    """The names that fit a pattern, in which * stands for any text.

    Any module goes with any backbone that asks, and more can be added that answer other questions than it does:
    `i3d+se+nonlocal-resnet50`.
    """
    names = [*PUBLISHED, *(name for name, backbone in BACKBONES.items() if not backbone.asks)]
    for name, backbone in BACKBONES.items():
        for module in (backbone.modules or MODULES) if backbone.asks else ():
            more = [one for one, others in ADDED_WITH.items() if name in ADDED_TO and module in others]
            names += [f"{'+'.join(parts)}-{name}{tp}" for parts in ([module], *([module, one] for one in more))
                      for tp in ("", "-tp") if MODULES[module].tp or not tp]
    return [name for name in names if fnmatchcase(name, pattern)]


def order_aware(name: str) -> bool:
    """Does a clip played backwards get another answer? At an even number of frames, and of all inputs but a few."""
    row = PUBLISHED.get(name)
    if row and row.order_aware is not None:
        return row.order_aware
    modules, backbone, tp = parse(name)
    return tp or BACKBONES[backbone].looks or any((MODULES | ADDED)[m].order_aware for m in modules) or (
        not modules and BACKBONES[backbone].order_aware)


def sees_later_frames(network: Network) -> bool:
    """Does any layer of a network look at later frames than those it stands for? Not where each frame is seen alone."""
    modules, backbone, tp = parse(network.name)
    row = PUBLISHED.get(network.name)
    options = {**(row.options if row else {}), **network.options}
    if options.get("causal") or options.get("stream"):
        return False
    alone = not BACKBONES[backbone].looks and BACKBONES[backbone].asks
    return tp or not alone or not all((MODULES | ADDED)[module].looks_back for module in modules)


def sized_by(name: str) -> tuple[str, ...]:
    """What of its clip a network's weights are sized by: "frames", "size", both or nothing.

    Clips with another of these than it was created for are refused with a ModelError; all other networks take any.
    """
    modules, backbone, _ = parse(name)
    parts = [BACKBONES[backbone].sized, *((MODULES | ADDED)[m].sized for m in modules)]
    return tuple(what for what in ("frames", "size") if any(what in part for part in parts))


def is_fitted(name: str) -> bool:
    """Is a network trained in its own way, and not by gradients?"""
    return BACKBONES[parse(name)[1]].fitted


def meant(name: str) -> str:
    """What a published name stands for; any other name as it is."""
    row = PUBLISHED.get(name)
    return row.model if row else name


def parse(name: str) -> tuple[list[str], str, bool]:
    """The modules of what a name stands for, its backbone, and whether frames are pooled between stages."""
    name = meant(str(name))  # whatever came is told as no name
    if name in BACKBONES and not BACKBONES[name].asks:
        return [], name, False
    first, *rest = name.split("-")
    modules, backbone = first.split("+"), rest[0] if rest else ""
    asks: Callable[[str], bool] = lambda key: key in BACKBONES and BACKBONES[key].asks  # noqa: E731
    if not asks(backbone) or rest[1:] not in ([], ["tp"]) or any(m not in MODULES | ADDED for m in modules):
        raise ModelError(
            f"No model is called {name!r}.{nearest(name, list_models())} A name is module[+module]-backbone[-tp], "
            "such as tam-resnet50 or i3d+se-resnet101-tp, or a published one, such as slowfast_r50_8x8; "
            "`kinema models --names` lists all.")
    return modules, backbone, bool(rest[1:])
