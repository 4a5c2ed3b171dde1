"""How much of an accuracy is due to space, and how much time adds (Chen et al., arXiv:2010.11757, equation 1).

S is the accuracy of a network, S_TSN that of the frame-by-frame network on the same backbone with as many frames and
without pooling over frames, both in percent:

    spatial contribution    S_TSN / max(S, S_TSN)
    temporal improvement    (S - S_TSN) / (100 - S_TSN)

Both are averaged over the backbones and numbers of frames for which there are both networks.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from kinema.study.results import Result

BASE = "tsn"
Key = tuple[str, str, bool]  # a module, a backbone, and whether frames are pooled


@dataclass(frozen=True)
class Mean:
    """A mean of so many networks; None of none."""

    value: float | None
    count: int

    def __str__(self) -> str:
        return "-" if self.value is None else f"{self.value:.2f}"


@dataclass(frozen=True)
class Contribution:
    """A temporal module on a data set: its spatial contribution, its temporal improvement, and that with `-tp`."""

    data: str
    module: str
    spatial: Mean
    temporal: Mean
    temporal_tp: Mean


def contributions(results: Iterable[Result]) -> list[Contribution]:
    """The contributions for each temporal module but tsn on each data set; repetitions are averaged first."""
    means: dict[str, dict[tuple[Key, int], float]] = {}
    for data, module, backbone, tp, frames, top1 in averaged(results):
        means.setdefault(data, {})[(module, backbone, tp), frames] = top1
    return [contribution(data, module, found) for data, found in means.items()
            for module in dict.fromkeys(key[0] for key, _ in found) if module != BASE]


def averaged(results: Iterable[Result]) -> list[tuple[str, str, str, bool, int, float]]:
    """The mean accuracy of the repetitions of each network on each data set."""
    found = defaultdict(list)
    for one in results:
        found[one.data, one.module, one.backbone, one.tp, one.frames].append(one.top1)
    return [(*key, fmean(values)) for key, values in found.items()]


def contribution(data: str, module: str, top1: dict[tuple[Key, int], float]) -> Contribution:
    """The contributions of one module on one data set, whose accuracies are given by network and frames."""
    spatial, temporal = [], {False: list[float](), True: list[float]()}
    for ((name, backbone, tp), frames), value in top1.items():
        base = top1.get(((BASE, backbone, False), frames))
        if name != module or base is None:
            continue
        if not tp and max(value, base) > 0:
            spatial.append(base / max(value, base))
        if base < 100:
            temporal[tp].append((value - base) / (100 - base))
    return Contribution(data, module, mean(spatial), mean(temporal[False]), mean(temporal[True]))


def mean(values: list[float]) -> Mean:
    """The mean of values, if there are any."""
    return Mean(fmean(values) if values else None, len(values))
