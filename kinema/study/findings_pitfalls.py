"""What is often said of networks for video: where frames should meet, optical flow, depth in time, few clips, speed."""

from functools import partial
from typing import Any

import numpy as np

from kinema.study.claims import Measured, Part, above, below, near
from kinema.study.findings import Finding
from kinema.study.measure import Table

FLOW = "rgb+flow_stack"
AS_GOOD, CLOSE = 2.0, 5.0  # points, set before any run
DEPTHS = (1, 3, 5, 7)
VIT = {"backbone": lambda name: name.startswith("vit"), "options": lambda found: True}
HYBRID = {"options": lambda found: True}
FEW = ("motion-few", "scene-few")


def slow_above(table: Table, data: str, other: str) -> Measured:
    """By how much slow fusion is better."""
    return table.accuracy(data, "slow_fusion") - table.accuracy(data, other)


def fusion(table: Table) -> list[Part]:
    """Where the frames of one stream meet (Karpathy et al., 2014)."""
    return [Part(f"{data}: slow fusion - {other}", above(), partial(slow_above, table, data, other))
            for data in ("motion", "scene") for other in ("early", "late")]


def single(table: Table) -> list[Part]:
    """One frame alone, likewise."""
    return [Part(f"{data}: slow fusion - single frame", near(CLOSE), partial(slow_above, table, data, "single"))
            for data in ("motion", "scene")]


def two_stream(table: Table) -> list[Part]:
    """A second stream of optical flow (Simonyan and Zisserman, arXiv:1406.2199)."""
    return [Part(f"{data}: two-stream - slow fusion", above(), partial(
        lambda name: streams(table, name) - table.accuracy(name, "slow_fusion"), data)) for data in ("motion",)]


def two_stream_network(table: Table) -> str:
    """The two-stream network on the usual backbone, by name."""
    backbone = table.usual["backbone"]
    return f"twostream_{backbone}" if backbone else "two-stream network"


def streams(table: Table, data: str) -> Measured:
    """The top-1 of a two-stream network on the usual backbone."""
    return table.accuracy(data, two_stream_network(table), backbone="own", input=FLOW)


def few_clips(table: Table) -> list[Part]:
    """A 3-D network against a 2-D one that pools frames, on few clips."""
    return [Part(f"{data}: tsn with temporal pooling - i3d", above(-AS_GOOD), partial(
        lambda name: table.accuracy(name, "tsn", tp=True) - table.accuracy(name, "i3d"), data)) for data in FEW]


def flow(table: Table) -> list[Part]:
    """Optical flow, its compute counted, against a network that sees time in colours."""
    def cost() -> Measured:
        more = table.figure("milliseconds", "motion", two_stream_network(table), backbone="own", input=FLOW)
        return ratio(more, table.figure("milliseconds", "motion", "tam"))

    return [
        Part("motion: tam on colours - two-stream", above(-AS_GOOD),
             lambda: table.accuracy("motion", "tam") - streams(table, "motion")),
        Part("motion, doublings of a clip's time: two-stream with its flow - tam", above(), cost),
    ]


def ratio(one: Measured, other: Measured) -> Measured:
    """How many doublings lie between two costs."""
    return one.join(other, lambda more, less: np.log2(more / less))


def speed(table: Table) -> list[Part]:
    """A CNN, a transformer, and a transformer over a CNN, where one clip has to be answered quickly."""
    def slower(module: str, **facts: Any) -> Measured:
        return ratio(table.figure("milliseconds", "motion", module, **facts),
                     table.figure("milliseconds", "motion", "tam"))

    return [
        Part("motion: tam - divided transformer", above(-AS_GOOD),
             lambda: table.accuracy("motion", "tam") - table.accuracy("motion", "s3d", **VIT)),
        Part("motion: CNN with a transformer encoder - divided transformer", above(-AS_GOOD),
             lambda: table.accuracy("motion", "encoder", **HYBRID) - table.accuracy("motion", "s3d", **VIT)),
        Part("doublings of a clip's time: transformer - tam", above(), lambda: slower("s3d", **VIT)),
        Part("doublings of a clip's time: CNN with an encoder - tam", above(), lambda: slower("encoder", **HYBRID)),
    ]


def depth(table: Table) -> list[Part]:
    """How many frames the kernels of a C3D cover (Tran et al., arXiv:1412.0767: three are best)."""
    def at(frames: int) -> Measured:
        return table.accuracy("motion", "c3d", backbone="own", frames=16, options=partial(covers, frames=frames))

    return [Part("motion, small c3d: kernels of 3 frames - of 1", above(), lambda: at(3) - at(1)),
            *(Part(f"motion, small c3d: kernels of 3 frames - of {more}", above(-AS_GOOD),
                   partial(lambda other: at(3) - at(other), more)) for more in DEPTHS[2:])]


def covers(options: str, frames: int) -> bool:
    """Do options say kernels of so many frames?"""
    import json

    return bool(options) and json.loads(options).get("depth") == frames


def blind(table: Table) -> list[Part]:
    """The average of frames."""
    return [Part("motion, order classes, tsn: - what a network blind to order can reach", below(),
                 lambda: table.accuracy("motion", "tsn", classes="order") - 50.0)]


FINDINGS: tuple[Finding, ...] = (
    Finding("slow-fusion", "Slow fusion beats early and late fusion.", fusion),
    Finding("single-frame", f"A single frame is close to slow fusion (within {CLOSE:g} points).", single),
    Finding("two-stream", "A two-stream network beats slow fusion.", two_stream),
    Finding("temporal-depth", "In a C3D kernels of three frames are better than of one, and as good as of five or "
            "seven.", depth),
    Finding("few-clips", "On few clips a 2-D network with temporal pooling is at least as good as a 3-D one.",
            few_clips),
    Finding("flow-not-needed", "Without optical flow a network that sees time is as good, and costs less once the flow "
            "is counted.", flow),
    Finding("frames-alone", "Averaging an image classifier over frames cannot tell order.", blind),
    Finding("speed", "A CNN answers sooner than a transformer and than a hybrid, and is as accurate; the hybrid is as "
            "accurate as the transformer.", speed),
)
