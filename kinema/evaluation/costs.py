"""What every network costs at the clip it expects, counted beforehand: to count them all takes minutes."""

import json
from functools import cache
from importlib.resources import files

from kinema.evaluation.profile import profile

TABLE = "costs.json"  # beside this file: name -> parameters, GMACs; written by `python -m benchmarks.kept_costs`


@cache
def kept_costs() -> dict[str, tuple[int, float]]:
    """The parameters and the GMACs of one clip, by the network's name."""
    text = files("kinema.evaluation").joinpath(TABLE).read_text(encoding="utf-8")
    return {name: (parameters, gmacs) for name, (parameters, gmacs) in json.loads(text).items()}


def usual_cost(name: str) -> tuple[int, float]:
    """The parameters of a network and the GMACs of the clip it expects: kept, or counted where its name is new."""
    kept = kept_costs().get(name)
    if kept is None:
        counted = profile(name)
        kept = counted.parameters, counted.gmacs
    return kept
