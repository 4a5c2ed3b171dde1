"""Opening pickles in which official checkpoints come, without running code from them.

Only tensors, arrays and plain values are made. Of the settings that training programs keep beside their weights, known
kinds are made as empty shells; anything else is refused.
"""

import pickle
import re
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch


class UnsafeFile(Exception):  # noqa: N818 (named as what it says)
    """A pickle that asks for something that could run code; the text is what it asks for."""


class Shell:
    """Stands for an object of another program that is kept beside weights; nothing of it is used."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


OBJECTS = (  # settings and logs of the programs that wrote official checkpoints
    "argparse.Namespace", "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig", "typing.Any",
    "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata", "omegaconf.nodes.AnyNode", "datetime.datetime",
    "mmengine.logging.history_buffer.HistoryBuffer", "pathlib.PosixPath", "pathlib._local.PosixPath",
    "ml_collections.config_dict.config_dict.ConfigDict",
)
DICTS = (
    "yacs.config.CfgNode", "fvcore.common.config.CfgNode", "easydict.EasyDict", "addict.addict.Dict",
    "mmcv.utils.config.ConfigDict", "mmengine.config.config.ConfigDict", "collections.defaultdict",
)
SHELLS: dict[str, Any] = {**dict.fromkeys(OBJECTS, Shell), **dict.fromkeys(DICTS, OrderedDict)}
ARRAYS: dict[str, Any] = {
    "_reconstruct": np.empty(0).__reduce__()[0], "scalar": np.float64(0).__reduce__()[0],
    "ndarray": np.ndarray, "dtype": np.dtype,
}
ARRAY_HOMES = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
ALLOWING = Lock()
NUMBERS: list[Any] = [
    *(type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")),
]


def read_torch(path: Path) -> Any:
    """What a file of torch holds; `UnsafeFile` for what torch's own safe reader refuses."""
    arrays = [(value, f"{home}.{name}") for name, value in ARRAYS.items() for home in ARRAY_HOMES]
    allowed = [*NUMBERS, *arrays, (encode, "_codecs.encode"), *((kind, name) for name, kind in SHELLS.items())]
    try:
        with ALLOWING, torch.serialization.safe_globals(allowed):  # which is one list for all threads
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"(?:GLOBAL|function|global) ['`]?([\w.]+\.[\w.]+)", str(error))
        if not re.search(r"Unsupported (global|class|operand)|not allowed|GLOBAL", str(error)):
            raise
        raise UnsafeFile(asked[1] if asked else "something other than tensors") from error


def read_numpy_pickle(path: Path) -> Any:
    """What a pickle of arrays holds, as Caffe2 and early Python programs wrote them; `UnsafeFile` for anything else."""
    with path.open("rb") as file:
        start = file.read(2)
    if start == b"PK":
        return read_torch(path)
    with path.open("rb") as file:
        return ArraysOnly(file, encoding="latin1").load()


class ArraysOnly(pickle.Unpickler):
    """A reader of pickles that makes arrays and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ARRAY_HOMES and name in ARRAYS:
            return ARRAYS[name]
        if (module, name) == ("_codecs", "encode"):
            return encode
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if f"{module}.{name}" in SHELLS:
            return SHELLS[f"{module}.{name}"]
        raise UnsafeFile(f"{module}.{name}")


def encode(text: str, encoding: str = "latin1") -> bytes:
    """What Python 2 pickles build bytes with."""
    return text.encode("latin1")
