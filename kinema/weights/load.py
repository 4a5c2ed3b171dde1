"""Putting published or own weights into a network: all of them, or none and one clear error."""

import re
from collections.abc import Mapping

import torch

from kinema.errors import ModelError
from kinema.models.clip import ClipSpec
from kinema.models.network import Network
from kinema.weights.inflation.images import image_layout
from kinema.weights.possible import possible
from kinema.weights.read import Source, read_weights
from kinema.weights.translate import CLASSIFIER, Translated, fit, listed, translate


def load_weights(network: Network, source: Source, strict: bool = True) -> Network:
    """Give a network the weights of a file or a dict of tensors; whose naming it is is found out.

    A run's folder gives its best weights, a list of files or dicts those of the parts of a network. All must fit.
    Without `strict` a classifier of other classes, or one that the weights do not have, is left as it is, and all else
    must still fit. Raises ModelError, before anything has changed, with what is unknown, missing or of another shape.
    """
    return put(network, translate(read_weights(source)), strict)


def put(network: Network, translated: Translated, strict: bool = True) -> Network:
    """Give a network weights under its own names, as `load_weights` does."""
    own = network.state_dict()
    zeros = {key: torch.zeros_like(own[key]) for key in own if re.search(translated.zoo.zeros, key)}
    theirs = zeros | translated.weights
    if not strict and any(key not in theirs or theirs[key].shape[0] != network.classes for key in CLASSIFIER):
        theirs |= {key: own[key] for key in CLASSIFIER}
    weights = {key: fit(value, own[key]) if key in own else value for key, value in theirs.items()}
    complaints = compare(weights, own, network, translated)
    if complaints and image_layout(translated.source):
        complaints.append("an image network's weights go into a video network by kinema.inflate")
    if complaints:
        raise ModelError(f"These weights do not fit {network.name}: {'; '.join(complaints)}")
    network.load_state_dict({**own, **weights})
    return network


def whose(translated: Translated) -> str:
    """What network weights are of, where that is known, for the end of an error."""
    found = next(iter(possible(translated)), None)
    if found is None:
        return "is it the network of this name, with these modules and options?"
    options = ", ".join(shown(name, value) for name, value in found.options.items())
    return f"they are of {found.model}{' with ' + options if options else ''}"


def shown(name: str, value: object) -> str:
    """An option in words; of a clip, what of it weights show."""
    if not isinstance(value, ClipSpec):
        return f"{name}={value!r}"
    return f"clips of {value.channels} channel{'s' * (value.channels > 1)}, such as input {value.input!r}"


def compare(
    theirs: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor], network: Network, translated: Translated,
) -> list[str]:
    """What keeps weights from fitting a network, in words."""
    counters = re.compile(r"num_batches_tracked$")  # older checkpoints have none, and nothing depends on them
    unknown = [key for key in theirs if key not in own]
    missing = [key for key in own if key not in theirs and not counters.search(key)]
    shapes = [key for key in theirs if key in own and theirs[key].shape != own[key].shape]
    kinds = [key for key in theirs if key in own and theirs[key].is_floating_point() < own[key].is_floating_point()]
    complaints = []
    if CLASSIFIER[0] in shapes and theirs[CLASSIFIER[0]].shape[1:] == own[CLASSIFIER[0]].shape[1:]:
        shapes = [key for key in shapes if key not in CLASSIFIER]
        classes = theirs[CLASSIFIER[0]].shape[0]
        complaints.append(f"classes={classes} in the checkpoint, {network.classes} in the network. Create the network "
                          f"with classes={classes}, or pass strict=False to load_weights to keep its own "
                          "classifier")
    if unknown:
        complaints.append(f"{len(unknown)} weights are unknown to the network ({listed(unknown)})")
    if missing:
        complaints.append(f"{len(missing)} weights of the network are missing ({listed(missing)})")
    if shapes:
        pairs = [f"{key} {tuple(theirs[key].shape)} for {tuple(own[key].shape)}" for key in shapes]
        complaints.append(f"{len(shapes)} weights have another shape ({listed(pairs)})")
    if kinds:
        pairs = [f"{key} {theirs[key].dtype} for {own[key].dtype}" for key in kinds]
        complaints.append(f"{len(kinds)} weights are another kind of numbers ({listed(pairs)})")
    if unknown or missing or shapes:
        complaints.append(whose(translated))
    return complaints
