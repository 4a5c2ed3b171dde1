"""The state of a training run: saved whole or not at all, and read back to the bit."""

from pathlib import Path
from typing import Any

import torch
from torch import nn, optim

from kinema.errors import RunError
from kinema.files import write_atomic
from kinema.training.ema import Average


def save_state(
    path: Path, step: int, best: float | None, network: nn.Module, optimizer: optim.Optimizer, average: Average | None
) -> None:
    """Write all that the steps after `step` depend on; every random draw is keyed, so no generator's state is in it."""
    state = {
        "step": step,
        "best": best,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average.network.state_dict() if average else None,
    }
    write_atomic(path, lambda out: torch.save(state, out))


def load_state(path: Path, network: nn.Module, optimizer: optim.Optimizer, average: Average | None) -> tuple[int, Any]:
    """Put a saved state back; return the number of steps done and the best validation accuracy so far."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        if average is not None:
            average.network.load_state_dict(state["average"])
        return state["step"], state["best"]
    except Exception as error:
        raise RunError(f"{path} is damaged ({type(error).__name__}); `--restart` trains anew.") from error
