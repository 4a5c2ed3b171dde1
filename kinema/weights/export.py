"""Weights under the names of another library, where the names go one to one.

A zoo that can be written to has rules back from kinema's names. They are trusted as far as they can be checked: the new
names, read again, must give every weight its place.
"""

from pathlib import Path

import torch

from kinema.errors import ModelError, nearest
from kinema.files import write_atomic
from kinema.models import Network
from kinema.weights.translate import fit, translate
from kinema.weights.zoos import ZOOS, Zoo


def zoos_to() -> dict[str, list[Zoo]]:
    """The libraries that can be written to, and their key maps."""
    found: dict[str, list[Zoo]] = {}
    for zoo in ZOOS:
        if zoo.back:
            found.setdefault(zoo.library, []).append(zoo)
    return found


def export_state_dict(network: Network, to: str) -> dict[str, torch.Tensor]:
    """A network's weights under the names of another library; ModelError where names do not go one to one."""
    known = zoos_to()
    if to not in known:
        raise ModelError(f"Weights cannot be written for {to!r}. {nearest(to, known)} They can for {', '.join(known)}.")
    own = network.state_dict()
    for zoo in known[to]:
        theirs = {zoo.rename_back(key): value for key, value in own.items()}
        if len(theirs) == len(own) and goes_back(theirs, own, zoo):
            return zoo.reshape_back(theirs)
    raise ModelError(f"The weights of {network.name} have no names in {to} that lead back to the same network.")


def goes_back(theirs: dict[str, torch.Tensor], own: dict[str, torch.Tensor], zoo: Zoo) -> bool:
    """Are weights under another library's names recognised as its own, and does each find its place again?"""
    try:
        found, renamed = translate(theirs)
    except ModelError:
        return False
    return found is zoo and renamed.keys() == own.keys() and all(
        torch.equal(fit(value, own[key]), own[key]) for key, value in renamed.items())


def export_weights(network: Network, to: str, path: str | Path) -> Path:
    """Write a network's weights for another library, as .safetensors or as a file of torch."""
    weights = {key: value.contiguous().cpu() for key, value in export_state_dict(network, to).items()}
    if str(path).endswith(".safetensors"):
        from safetensors.torch import save_file

        write_atomic(Path(path), lambda out: save_file(weights, out))
    else:
        write_atomic(Path(path), lambda out: torch.save({"state_dict": weights}, out))
    return Path(path)
