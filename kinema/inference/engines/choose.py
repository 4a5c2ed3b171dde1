"""Which engine is quickest for a network here: measured once, and remembered. Axes: see the package."""

import hashlib
import json
import platform
import time
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch

import kinema
from kinema.errors import KinemaError, ModelError, RunError, nearest
from kinema.files import cache_folder, read_kept, write_json
from kinema.inference.engines import ENGINES, PRECISIONS, Engine, blocks, of_graph, winograd
from kinema.models import Network
from kinema.runs import Run

AUTO = "auto"
REPEATS = 5  # of a clip, of which the median time counts
FILE = "engines.json"


class Chosen(NamedTuple):
    """An engine, its name and, where several were measured, the milliseconds that a clip took each."""

    name: str
    answer: Engine
    milliseconds: dict[str, float]


def engine_of(network: Network, name: str = "torch", precision: str = "fp32", run: Run | None = None) -> Chosen:
    """The engine of a name for a network, where it is; "auto" measures those that are installed, the first time.

    run: that of the network, on whose training clips "int8" is calibrated.
    """
    check_engine(name, precision, network, run)
    if run is not None and precision == "int8":
        from kinema.inference.engines.int8 import int8_graph

        return Chosen("openvino", of_graph(int8_graph(run, network)), {})
    if name != AUTO:
        return Chosen(name, made(name, network, precision), {})
    path, key = cache_folder() / FILE, key_of(network, precision)
    known = read(path)
    if key not in known:
        known[key] = measured(network, precision)
        with suppress(RunError):  # where it cannot be kept it is measured again
            write_json(path, read(path) | known)
    milliseconds = known[key]
    best = min(milliseconds, key=lambda each: milliseconds[each])
    return Chosen(best, made(best, network, precision), milliseconds)


def check_engine(name: str, precision: str, network: Network, run: Run | None = None) -> None:
    """KinemaError where an engine is unknown or not installed, or not for a precision or where the network is."""
    from kinema.inference.engines.int8 import check_int8

    known = AUTO, *ENGINES
    if precision not in PRECISIONS:
        raise KinemaError(f"The precision {precision!r} is unknown; expected {', '.join(PRECISIONS)}."
                          f"{nearest(precision, PRECISIONS)}")
    if name not in known:
        raise KinemaError(f"The engine {name!r} is unknown; expected {', '.join(known)}.{nearest(name, known)}")
    kind = ENGINES.get(name)
    if kind and kind.package and find_spec(kind.package) is None:
        raise KinemaError(f"The engine {name} needs {kind.package}: pip install 'kinema[{name}]'.")
    if kind and precision not in kind.precisions:
        raise KinemaError(f"The engine {name} computes in {', '.join(kind.precisions)}, not in {precision}.")
    device = next(network.parameters()).device.type
    if kind and kind.package and device != "cpu":
        raise KinemaError(f"The engine {name} computes on the CPU; expected torch or compile on {device}.")
    if precision == "int8":
        check_int8(network, run)
        if name == AUTO:
            check_engine("openvino", precision, network, run)


def made(name: str, network: Network, precision: str) -> Engine:
    """The engine of a name; KinemaError where it cannot be had here, or is not for the network's device."""
    check_engine(name, precision, network)
    return ENGINES[name].make(network, precision)


def measured(network: Network, precision: str) -> dict[str, float]:
    """Milliseconds that a clip takes each engine that is there, by its name."""
    found, device = {}, next(network.parameters()).device.type
    for name, kind in ENGINES.items():
        fits = precision in kind.precisions and (not kind.package or (device == "cpu" and find_spec(kind.package)))
        if kind.tried and fits:
            with suppress(ModelError):  # what an engine cannot compute it is not asked for
                found[name] = milliseconds(made(name, network, precision), torch.zeros(1, *network.clip.shape_CTHW))
    return found


def milliseconds(engine: Engine, clip_1CTHW: torch.Tensor) -> float:
    """The median time of a clip."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        engine(clip_1CTHW)
        times.append(1000 * (time.perf_counter() - start))
    return round(median(times[1:]), 3)


def key_of(network: Network, precision: str) -> str:
    """What the choice depends on: the network but for its weights, its clip, the machine and the versions."""
    like = next(network.parameters())
    versions = [f"{kind.package} {version(kind.package)}" for kind in ENGINES.values()
                if kind.package and find_spec(kind.package)]
    facts = [network.name, str(sorted(network.options.items(), key=str)), network.classes, network.clip.shape_CTHW,
             precision, platform.node(), platform.processor(), str(like.device), str(like.dtype),
             torch.get_num_threads(), torch.__version__, kinema.__version__, winograd.library() is not None,
             blocks.library() is not None, *versions]
    return f"{network.name} {hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]}"


def read(path: Path) -> dict[str, dict[str, float]]:
    """What was measured before, of engines that there are; nothing, where that cannot be read."""
    return {key: times for key, times in read_kept(path).items()
            if isinstance(times, dict) and times and times.keys() <= ENGINES.keys()
            and all(isinstance(each, float | int) for each in times.values())}
