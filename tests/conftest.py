"""Fixtures that every test may use."""

import gc
import os
from pathlib import Path

import pytest
import torch

if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):  # which share the processors, their children too
    torch.set_num_threads(max((os.cpu_count() or 1) // workers, 1))
    os.environ.setdefault("OMP_NUM_THREADS", str(torch.get_num_threads()))

gc.set_threshold(50_000, 20, 50)  # thousands of networks are built; Python's own 700 look for rubbish all the time
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the project; tests that want it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference data folder ../shared is absent")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache, base = tmp_path_factory.mktemp("cache"), tmp_path_factory.getbasetemp()
    os.environ["KINEMA_CACHE"] = str(cache)
    compiled = (base.parent if workers else base) / "compiled"  # once for all processes: it takes half a minute
    compiled.mkdir(exist_ok=True)
    (cache / "compiled").symlink_to(compiled)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small set of made-up clips: 60 files of 8 frames of 32 x 32 pixels."""
    from kinema.data.synthetic import make, synthetic_spec

    return make(
        synthetic_spec("motion", clips=60, frames=8, height=32, width=32),
        tmp_path_factory.mktemp("data") / "motion",
        workers=1,
    )


TINY = {"model": "tam-resnet_tiny", "frames": 4, "size": 32, "epochs": 2, "batch": 8, "validation": 0.2}


@pytest.fixture(scope="session")
def tiny_run(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was trained for two epochs on `motion`."""
    from kinema.machine import Machine
    from kinema.recipe import Recipe
    from kinema.training.train import train

    out = tmp_path_factory.mktemp("runs") / "tiny"
    train(Recipe(str(motion), out=str(out), **TINY), Machine(accelerator="cpu", workers=0), quiet=True)
    return out
