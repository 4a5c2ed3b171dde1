"""Reading a file of weights without running anything that it holds."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.errors import ModelError

WRAPPERS = (  # that weights may be kept in
    "state_dict", "model_state", "model_state_dict", "model", "network", "module", "target_encoder",
)
KINDS = ".safetensors, .pt, .pth or .tar"
ARCHIVES = (b"PK", b"\x80")  # how files of torch begin: a zip archive, or a pickle
PREFIXES = ("module.", "_orig_mod.")  # what data parallelism and compilation put before every key
HARMLESS: list[Any] = [  # numpy's numbers, which many checkpoints keep beside their weights
    np.float64(0).__reduce__()[0], np.dtype, np.dtypes.Float64DType, np.dtypes.Float32DType, np.dtypes.Int64DType,
]


def read_weights(source: str | Path | Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The weights of a file (.safetensors, .pt, .pth, .tar) or a dict, without wrappers and common prefixes."""
    content = source if isinstance(source, Mapping) else read_file(Path(source))
    for wrapper in WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    strange = [key for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if strange or not content:
        found = f"{strange[0]!r}" if strange else "nothing"
        raise ModelError(f"A dict of weights by name is expected; found {found} where weights were looked for.")
    weights = dict(content)
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in weights):
            weights = {key.removeprefix(prefix): value for key, value in weights.items()}
    return weights


def read_file(path: Path) -> Mapping[str, Any]:
    """All that a file of weights holds."""
    if not path.is_file():
        held = "is a folder, and no run" if path.is_dir() else "does not exist"
        raise ModelError(f"{path} {held}; expected a file of weights, or a run.")
    with path.open("rb") as file:
        start = file.read(8)
    if path.suffix != ".safetensors" and not start.startswith(ARCHIVES):
        raise ModelError(f"{path} is no file of weights: it begins with {start!r}. Expected {KINDS}.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file
            return load_file(path)
        with torch.serialization.safe_globals(HARMLESS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f" It asks for {asked[1]}." if asked else ""
        raise ModelError(f"{path} holds more than weights, which could run code here, so it was not opened.{what} Save "
                         "its state_dict alone where it is trusted.") from error
    except Exception as error:
        raise ModelError(f"{path} cannot be read as weights ({type(error).__name__}: {error}). "
                         f"Expected {KINDS}.") from error
    if not isinstance(content, Mapping):
        raise ModelError(f"{path} holds a {type(content).__name__}; expected a dict of weights by name.")
    return content
