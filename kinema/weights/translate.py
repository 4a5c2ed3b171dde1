"""Weights of any known zoo under kinema's names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from kinema.errors import ModelError
from kinema.weights.zoos import ZOOS, Weights, Zoo

SHOWN = 4  # names of each kind that an error lists
AROUND = ("model.", "net.", "network.")  # before every name where a network was trained as part of another object


CLASSIFIER = ("classifier.weight", "classifier.bias")


@dataclass(frozen=True)
class Translated:
    """Weights under kinema's names, the zoo they are of, and what they were there."""

    zoo: Zoo
    source: Mapping[str, torch.Tensor]
    weights: Weights

    @property
    def classes(self) -> int | None:
        """How many classes they tell apart; None without a classifier."""
        return len(self.weights[CLASSIFIER[0]]) if CLASSIFIER[0] in self.weights else None


def translate(weights: Mapping[str, torch.Tensor]) -> Translated:
    """Weights of any zoo under kinema's names; a weight kept frame by frame is joined. ModelError for no known zoo."""
    weights = unwrapped(weights)
    zoo = zoo_of(weights)
    if zoo is None:
        raise ModelError(f"The names of these {len(weights)} weights ({listed([*weights])}) are of no known kind. "
                         f"Known: {', '.join(zoo.name for zoo in ZOOS)}.")
    renamed: Weights = {}
    for key, value in weights.items():
        name = zoo.rename(key)
        if re.search(zoo.drop, key):
            continue
        if name in renamed and not value.is_meta and not torch.equal(renamed[name], value):
            raise ModelError(f"Two different weights are both {name!r}; the second is {key!r}.")
        renamed[name] = value
    frames: dict[str, dict[int, torch.Tensor]] = {}
    for key in [key for key in renamed if "@" in key]:
        name, _, frame = key.partition("@")
        frames.setdefault(name, {})[int(frame)] = renamed.pop(key)
    joined = {name: torch.stack([taps[frame] for frame in sorted(taps)], dim=2) for name, taps in frames.items()}
    try:
        return Translated(zoo, weights, zoo.finish(renamed | joined))
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"These weights look like {zoo.name}, but cannot be put together: {error}.") from error


def unwrapped(weights: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
    """Weights without what all their names begin with, such as `model.`, where it is not a zoo's own beginning."""
    around = next((prefix for prefix in AROUND if weights and all(key.startswith(prefix) for key in weights)), None)
    if around is None or zoo_of(weights):
        return weights
    return unwrapped({key.removeprefix(around): value for key, value in weights.items()})


def zoo_of(weights: Mapping[str, torch.Tensor]) -> Zoo | None:
    """The zoo whose names these are; None where they are of no zoo known here."""
    return next((zoo for zoo in ZOOS if zoo.marks(weights)), None)


def fit(value: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """A weight in the shape of kinema's, where they differ in axes of length 1 alone; anything else as it is."""
    alike = [n for n in value.shape if n > 1] == [n for n in own.shape if n > 1]
    return value.reshape(own.shape) if alike else value


def listed(names: list[str]) -> str:
    """The first few of many names."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
