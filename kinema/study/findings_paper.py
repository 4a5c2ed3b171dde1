"""The findings of Chen et al. (arXiv:2010.11757), on data whose order tells (`motion`) and whose places tell (`scene`).

`motion` has two groups of classes: `order`, which only the order of frames tells apart, and `change`, which several
frames tell apart in any order. Margins are in points of top-1 (of a share: percent).
"""

from collections.abc import Sequence
from functools import partial

from kinema.study.claims import Measured, Part, above, below, near
from kinema.study.findings import Finding
from kinema.study.measure import Table

SEEING = ("tam", "tsm", "i3d", "s3d")  # modules that see time
ALIKE = ("i3d", "s3d", "tam")
DENSE = {"sampling": "dense", "frames": 8}
ORDER, CHANGE = {"classes": "order"}, {"classes": "change"}
GROUPS = (("order", ORDER), ("change", CHANGE))
MANY, SOME = "1x10", "1x5"  # clips of a video
CHANCE = 50.0  # percent of the clips of a pair of classes that a network blind to order is right about
NEAR, FAR, LEAK, AS_GOOD, SATURATED = 5.0, 15.0, 5.0, 1.0, 1.0  # margins in points, set before any run
MOSTLY_SPACE, HALF_SPACE = 90.0, 70.0  # percent of an accuracy; published are 97 and 53


def pooling(table: Table, data: str, module: str | Sequence[str], **facts: str) -> Measured:
    """What temporal pooling adds."""
    return table.accuracy(data, module, tp=True, **facts) - table.accuracy(data, module, **facts)


def pooling_hurts(table: Table) -> list[Part]:
    """Temporal pooling and networks that see time."""
    what = f"mean of {', '.join(SEEING)}: with pooling - without"
    return [*(Part(f"motion, {name} classes, {what}", below(), partial(pooling, table, "motion", SEEING, **group))
              for name, group in GROUPS),
            Part(f"scene, {what}", below(), partial(pooling, table, "scene", SEEING))]


def pooling_helps(table: Table) -> list[Part]:
    """Temporal pooling and tsn, where order does not matter."""
    return [Part("motion, change classes, tsn: with pooling - without", above(), lambda: pooling(
        table, "motion", "tsn", **CHANGE))]


def pooling_blind(table: Table) -> list[Part]:
    """Temporal pooling and order.

    Pooling by three with a stride of two treats both ends of an odd number of frames alike, and tsn is then blind to
    order; of an even number it does not.
    """
    return [Part("motion, order classes, tsn with pooling: - what a network blind to order can reach", below(LEAK),
                 lambda: table.accuracy("motion", "tsn", tp=True, **ORDER) - CHANCE)]


def others(table: Table, data: str, **facts: str) -> Measured:
    """By how much networks that see time are better than tsn."""
    return table.accuracy(data, SEEING, **facts) - table.accuracy(data, "tsn", **facts)


def tsn_on_scenes(table: Table) -> list[Part]:
    """Frame by frame where the place tells."""
    return [Part("scene, mean of the others - tsn", near(NEAR), lambda: others(table, "scene"))]


def tsn_on_motion(table: Table) -> list[Part]:
    """Frame by frame where order tells."""
    return [Part(f"motion, {name} classes, mean of the others - tsn", above(FAR),
                 partial(others, table, "motion", **group))
            for name, group in GROUPS]


def lengths(table: Table) -> list[Part]:
    """More frames."""
    def at(frames: int) -> Measured:
        return table.accuracy("motion", ("tam", "i3d", "s3d"), frames=frames)

    return [
        Part("motion, mean of tam, i3d, s3d: 16 frames - 4", above(), lambda: at(16) - at(4)),
        Part("motion, the same: (16 - 8 frames) - (8 - 4)", below(), lambda: at(16) - at(8) - (at(8) - at(4))),
    ]


def sampling(table: Table) -> list[Part]:
    """One clip of frames from the whole video against one of frames in a row."""
    return [Part(f"motion, {module}, one clip: uniform - dense", above(), partial(
        lambda one: table.accuracy("motion", one, frames=8) - table.accuracy("motion", one, **DENSE), module))
        for module in ("tam", "i3d")]


def clips(table: Table) -> list[Part]:
    """Several dense clips."""
    def at(protocol: str) -> Measured:
        return table.accuracy("motion", ("tam", "i3d"), protocol=protocol, **DENSE)

    def uniform(protocol: str) -> Measured:
        return table.accuracy("motion", ("tam", "i3d"), protocol=protocol, frames=8)

    return [
        Part("motion, mean of tam, i3d, dense: 10 clips - 1", above(), lambda: at(MANY) - at("1x1")),
        Part("motion, the same: 10 clips - 5", near(SATURATED), lambda: at(MANY) - at(SOME)),
        Part("motion, the same: what 10 clips add to dense - what they add to uniform", above(),
             lambda: at(MANY) - at("1x1") - (uniform(MANY) - uniform("1x1"))),
    ]


def sparse(table: Table) -> list[Part]:
    """Depthwise and shifting modules against full convolutions, at frames far apart."""
    return [Part(f"motion, {frames} frames: mean of tam, tsm - mean of i3d, s3d", above(-AS_GOOD), partial(
        lambda one: table.accuracy("motion", ("tam", "tsm"), frames=one)
        - table.accuracy("motion", ("i3d", "s3d"), frames=one), frames)) for frames in (8, 16)]


def locations(table: Table) -> list[Part]:
    """Where time is seen."""
    def apart(group: dict[str, str], one: str, other: str) -> Measured:
        first, second = (table.accuracy("motion", "tam", where=where, **group) for where in (one, other))
        return first - second

    return [Part(f"motion, {name} classes, tam: top half of the blocks - {other}", claim, partial(
        apart, group, "top", where)) for name, group in GROUPS
        for other, where, claim in (("all", "all", above(-AS_GOOD)), ("bottom half", "bottom", above()))]


def space(table: Table, data: str, **facts: str) -> Measured:
    """The mean spatial contribution of equation 1, in percent."""
    alone = table.accuracy(data, "tsn", **facts)
    parts = [alone / table.accuracy(data, module, **facts).greater(alone) for module in ALIKE]
    return (parts[0] + parts[1] + parts[2]) * (100 / len(parts))


def contributions(table: Table) -> list[Part]:
    """How much of an accuracy is due to space."""
    return [Part("scene: spatial contribution of i3d, s3d, tam, percent", above(MOSTLY_SPACE),
                 lambda: space(table, "scene")),
            *(Part(f"motion, {name} classes: the same", below(HALF_SPACE), partial(space, table, "motion", **group))
              for name, group in GROUPS)]


def alike(table: Table) -> list[Part]:
    """I3D, S3D and TAM on one another."""
    pairs = (("i3d", "s3d"), ("i3d", "tam"), ("s3d", "tam"))

    def apart(data: str, one: str, other: str) -> Measured:
        return table.accuracy(data, one) - table.accuracy(data, other)

    return [Part(f"{data}: {one} - {other}", near(NEAR), partial(apart, data, one, other))
            for data in ("motion", "scene") for one, other in pairs]


FINDINGS: tuple[Finding, ...] = tuple(Finding(name, sentence, parts) for name, sentence, parts in [
    ("pooling-hurts", "Temporal pooling hurts networks that see time.", pooling_hurts),
    ("pooling-helps-tsn", "Temporal pooling helps tsn, where order does not matter.", pooling_helps),
    ("pooling-blind-tsn", "With temporal pooling tsn stays blind to order.", pooling_blind),
    ("tsn-on-scenes", f"Where places tell, tsn is near the others (within {NEAR:g} points).", tsn_on_scenes),
    ("tsn-on-motion", f"Where time tells, tsn is far below the others (more than {FAR:g} points).", tsn_on_motion),
    ("longer-input", "Longer input helps, and each doubling helps less.", lengths),
    ("uniform-sampling", "Of one clip, uniform sampling is better than dense sampling.", sampling),
    ("dense-clips", "Dense sampling gains from more clips, hardly after five, and more than uniform sampling.", clips),
    ("sparse-frames", "On sparse frames tam and tsm are at least as good as i3d and s3d.", sparse),
    ("top-half", "Seeing time in the top half of the blocks suffices, and is better than in the bottom half.",
     locations),
    ("spatial-contribution", "The spatial contribution is high where places tell and low where time tells.",
     contributions),
    ("modules-alike", f"I3D, S3D and TAM behave alike (within {NEAR:g} points).", alike),
])
