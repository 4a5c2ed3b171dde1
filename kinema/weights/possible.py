"""Which networks weights may be of: what the families of networks read off their names and shapes, tried out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.clip import CHANNELS
from kinema.models.names import expected_clip, parse
from kinema.models.temporal import ADDED, MODULES
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families import FAMILIES
from kinema.weights.translate import CLASSIFIER, Translated, fit
from kinema.weights.zoos import Zoo


def possible(translated: Translated) -> list[Candidate]:
    """The networks that weights under kinema's names may be of, the likeliest first."""
    fitting = (fed(one, translated.weights, translated.zoo.zeros) for one in guesses(translated))
    return [one for one in fitting if one]


def guesses(translated: Translated) -> list[Candidate]:
    """The networks that weights look like, whether all of them fit or not."""
    zoo, weights = translated.zoo, translated.weights
    shapes = {key: tuple(value.shape) for key, value in weights.items()}
    found = [candidate for family in FAMILIES for candidate in read_off(family, shapes)]
    found = [replace(one, options={**zoo.options, **one.options}, open=(*one.open, *still_open(zoo, one)))
             for one in found]
    found = [refined for one in found if (refined := zoo.refine(one, translated.source.keys()))]
    return found + [zoo.twins[one.model] for one in found if one.model in zoo.twins]


def read_off(family: Callable[[Shapes], list[Candidate]], shapes: Shapes) -> list[Candidate]:
    """What a family says; nothing where a weight that it goes by is not there."""
    try:
        return family(shapes)
    except LookupError:
        return []


def still_open(zoo: Zoo, candidate: Candidate) -> tuple[str, ...]:
    """What a zoo leaves open of a candidate: whether it pools over frames is a question to those that may."""
    modules, _, tp = parse(candidate.model)
    may_pool = modules and not tp and all((MODULES | ADDED)[module].tp for module in modules)
    return tuple(option for option in zoo.open if may_pool or option not in ("tp", "pool"))


def fed(candidate: Candidate, weights: Mapping[str, torch.Tensor], zeros: str) -> Candidate | None:
    """The candidate, if weights are of it, with the kind of input that they show where that is not the usual one."""
    if fits(candidate, weights, zeros):
        return candidate
    clip = candidate.options.get("clip") or expected_clip(candidate.model)
    channels = {value.shape[1] for value in weights.values() if value.dim() > 3}
    if clip.channels in channels:  # of the stem
        return None
    others = [replace(candidate, options={**candidate.options, "clip": replace(clip, input=kind)})
              for kind, count in CHANNELS.items() if count in channels]
    return next((other for other in others if fits(other, weights, zeros)), None)


def fits(candidate: Candidate, weights: Mapping[str, torch.Tensor], zeros: str) -> bool:
    """Have the weights the names and shapes of a candidate's?"""
    return apart(candidate, weights, zeros) == []


def apart(candidate: Candidate, weights: Mapping[str, torch.Tensor], zeros: str) -> list[str] | None:
    """The names of weights that differ from a candidate's, or are missing; None for a network that cannot be."""
    classes = weights[CLASSIFIER[0]].shape[0] if CLASSIFIER[0] in weights else 1
    try:
        with torch.device("meta"):
            own = create_model(candidate.model, classes, **candidate.options).state_dict()
    except ModelError:
        return None
    missing = [key for key in own if key not in weights and not re.search(rf"num_batches_tracked$|{zeros}", key)]
    if CLASSIFIER[0] not in weights:
        missing = [key for key in missing if key not in CLASSIFIER]
    return missing + [key for key, value in weights.items()
                      if key not in own or fit(value.to("meta"), own[key]).shape != own[key].shape]
