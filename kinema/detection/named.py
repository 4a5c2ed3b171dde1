"""People as the command line names them."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kinema.detection.ava import read_people
from kinema.detection.moving import Moving
from kinema.detection.people import Called, Listed, People
from kinema.errors import DataError, KinemaError


def people_of(source: str, offset_seconds: float = 0.0) -> People:
    """The people of a word: "moving", a csv of boxes, or a detector as "package.module:name" or "file.py:name"."""
    if source == "moving":
        return Moving()
    module, colon, name = source.rpartition(":")
    if colon and not Path(source).is_file():
        return Called(imported(module, name))
    if not Path(source).is_file():
        raise KinemaError(f"--boxes {source}: there is no such file; expected moving, a csv of boxes, or a detector "
                          "such as detectors.py:people.")
    frames = read_people(source)
    if not frames:
        raise DataError(f"{source} holds no box.")
    return Listed(frames, offset_seconds)


def imported(module: str, name: str) -> Callable[[np.ndarray], Any]:
    """A function of a module, or of a file that ends in .py."""
    try:
        if module.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(module).stem, module)
            assert spec is not None
            assert spec.loader is not None
            loaded = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = loaded
            spec.loader.exec_module(loaded)
        else:
            loaded = importlib.import_module(module)
    except Exception as error:  # it may be anybody's code
        raise KinemaError(f"The detector of people {module}:{name} cannot be imported: {type(error).__name__}: "
                          f"{error}.") from error
    found = getattr(loaded, name, None)
    if not callable(found):
        raise KinemaError(f"{module} has nothing called {name} that can be called with pictures.")
    return found
