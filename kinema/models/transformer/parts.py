"""What transformers share: the two linear layers after attention, and how weights are drawn."""

from collections import OrderedDict

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.plan import Plan

SPREAD = 0.02  # of the first values


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two linear layers with a GELU between them."""
    return nn.Sequential(OrderedDict(fc1=nn.Linear(inputs, hidden), act=nn.GELU(), fc2=nn.Linear(hidden, outputs)))


def draw(module: nn.Module) -> None:
    """Draw a linear layer's weights small and without bias, as all these networks' authors do."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=SPREAD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def table(*shape: int) -> nn.Parameter:
    """A learned table, drawn small."""
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=SPREAD))


def refuse_causal(plan: Plan, network: str) -> None:
    """Raise ModelError where a network that always sees the whole clip is to be causal."""
    if plan.temporal(0, 1).causal:
        raise ModelError(f"{network} cannot be causal: its frames attend to later ones. Nearest: tam-resnet50.")
