"""How much of an accuracy is due to space, and how much time adds (Chen et al., arXiv:2010.11757, equation 1).

S is the accuracy of a network, S_TSN that of the frame-by-frame network on the same backbone with as many frames and
without pooling over frames, both in percent:

    spatial contribution    S_TSN / max(S, S_TSN)
    temporal improvement    (S - S_TSN) / (100 - S_TSN)

Both are averaged over the backbones and numbers of frames for which there are both networks. Where these were trained
from several seeds, the accuracies are means over the seeds that both have.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from kinema.study.results import Result

BASE = "tsn"
Key = tuple[str, str, bool]  # a module, a backbone, and whether frames are pooled
Seeds = dict[int | None, list[float]]  # accuracies by the seed of the training, where it is told


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
    """The contributions for each temporal module but tsn on each data set."""
    found: dict[str, dict[tuple[Key, int], Seeds]] = {}
    for one in results:
        networks = found.setdefault(one.data, {})
        key = (one.module, one.backbone, one.tp), one.frames
        networks.setdefault(key, defaultdict(list))[one.seed].append(one.top1)
    return [contribution(data, module, networks) for data, networks in found.items()
            for module in dict.fromkeys(key[0] for key, _ in networks) if module != BASE]


def both(one: Seeds, other: Seeds) -> tuple[float, float]:
    """The mean accuracies of two networks over the seeds that both have; over all, where they share none."""
    shared = one.keys() & other.keys()
    value, base = (fmean(fmean(found[seed]) for seed in shared or found) for found in (one, other))
    return value, base


def contribution(data: str, module: str, top1: dict[tuple[Key, int], Seeds]) -> Contribution:
    """The contributions of one module on one data set, whose accuracies are given by network and frames."""
    spatial, temporal = [], {False: list[float](), True: list[float]()}
    for ((name, backbone, tp), frames), values in top1.items():
        bases = top1.get(((BASE, backbone, False), frames))
        if name != module or bases is None:
            continue
        value, base = both(values, bases)
        if not tp and max(value, base) > 0:
            spatial.append(base / max(value, base))
        if base < 100:
            temporal[tp].append((value - base) / (100 - base))
    return Contribution(data, module, mean(spatial), mean(temporal[False]), mean(temporal[True]))


def mean(values: list[float]) -> Mean:
    """The mean of values, if there are any."""
    return Mean(fmean(values) if values else None, len(values))
