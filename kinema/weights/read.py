"""The weights of a file, without running anything that the file holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.errors import ModelError, nearest
from kinema.weights.unpickle import UnsafeFile, read_numpy_pickle, read_torch

WRAPPERS = (  # that weights may be kept in, in the order in which they are wanted
    "state_dict", "model_state", "model_state_dict", "model", "network", "net", "blobs", "module",
    "model_ema", "ema_state_dict", "state_dict_ema", "ema", "target_encoder", "encoder", "classifiers", "classifier",
)
PLAIN = (int, float, str, np.generic)  # values that stand beside weights in one dict
Whole = str | Path | Mapping[str, Any]
Source = Whole | Sequence[Whole]  # or the parts of one network, of which each has a file of its own
KINDS = ".safetensors, .pt, .pth, .pyth, .pth.tar or .pkl"
ARCHIVES = (b"PK", b"\x80")  # how files of torch begin: a zip archive, or a pickle
PREFIXES = ("module.", "_orig_mod.", "model.module.", "ema.module.")  # put before every key by what wrapped the network


def read_weights(source: Source) -> dict[str, torch.Tensor]:
    """The weights of a file (.safetensors, .pt, .pth, .pyth, .tar, .pkl) or a dict, without wrappers and prefixes.

    A list of files or dicts holds the parts of one network. Averaged copies (EMA) are taken where there are no others,
    and of a run's folder its best weights.
    """
    if isinstance(source, list | tuple):
        return together([read_weights(part) for part in source])
    if not isinstance(source, str | Path | Mapping):
        raise ModelError(f"A {type(source).__name__} came; expected the path of a file of weights, or weights by name.")
    if not isinstance(source, Mapping) and (Path(source) / "run.json").is_file():
        source = Path(source) / "best.safetensors"
    content = source if isinstance(source, Mapping) else read_file(Path(source))
    while inner := next((content[name] for name in WRAPPERS if holds_weights(content.get(name))), None):
        content = inner[0] if isinstance(inner, list | tuple) else inner
    weights = {str(key): tensor for key, value in content.items() if (tensor := as_tensor(value)) is not None}
    strange = [key for key, value in content.items() if key not in weights and not isinstance(value, PLAIN)]
    if strange or not weights:
        found = f"{[*strange, *content][0]!r}" if content else "nothing"
        raise ModelError(f"A dict of weights by name is expected; found {found} where weights were looked for.")
    taken = True
    while taken:
        taken = False
        for prefix in PREFIXES:
            if all(key.startswith(prefix) for key in weights):
                weights, taken = {key.removeprefix(prefix): value for key, value in weights.items()}, True
    return weights


def together(parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The weights of a network's parts as those of one; ModelError where two parts have a weight of one name."""
    weights: dict[str, torch.Tensor] = {}
    for part in parts:
        if both := [key for key in part if key in weights]:
            raise ModelError(f"Files that are parts of one network share no names; {len(both)} stand in two of these, "
                             f"such as {both[0]!r}.")
        weights |= part
    return weights


def holds_weights(value: Any) -> bool:
    """Is this a dict of weights, or a list that begins with one?"""
    if isinstance(value, list | tuple):
        return bool(value) and isinstance(value[0], Mapping)
    return isinstance(value, Mapping) and len(value) > 0


def as_tensor(value: Any) -> torch.Tensor | None:
    """A weight as a tensor; None for what is no weight."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(np.array(value))
    if not isinstance(value, torch.Tensor):
        return None
    if value.layout != torch.strided or value.is_quantized:
        kind = "quantised" if value.is_quantized else str(value.layout).removeprefix("torch.")
        raise ModelError(f"A weight is {kind}; expected plain numbers. Save the network before it was changed so.")
    return value


def no_weights(path: Path) -> str:
    """What is in the place of a file of weights, and which others are beside it."""
    held = "is a folder, and no run" if path.is_dir() else "does not exist"
    beside = [str(child) for child in path.parent.iterdir()] if path.parent.is_dir() and not path.exists() else []
    near = nearest(str(path), beside)
    return f"{path} {held}; expected a file of weights, or a run.{near}"


def read_file(path: Path) -> Mapping[str, Any]:
    """All that a file of weights holds."""
    if not path.is_file():
        raise ModelError(no_weights(path))
    with path.open("rb") as file:
        start = file.read(8)
    if path.suffix != ".safetensors" and not start.startswith(ARCHIVES):
        raise ModelError(f"{path} is no file of weights: it begins with {start!r}. Expected {KINDS}.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file
            return load_file(path)
        content = read_numpy_pickle(path) if path.suffix == ".pkl" else read_torch(path)
    except UnsafeFile as error:
        raise ModelError(f"{path} holds more than weights, which could run code here, so it was not opened. It asks "
                         f"for {error}. Save its state_dict alone where it is trusted.") from error
    except Exception as error:
        raise ModelError(f"{path} cannot be read as weights ({type(error).__name__}: {error}). It may be cut short. "
                         f"Expected {KINDS}.") from error
    if not isinstance(content, Mapping):
        raise ModelError(f"{path} holds a {type(content).__name__}; expected a dict of weights by name.")
    return content
