"""Optimisers, and which parameters decay."""

from torch import nn, optim

from kinema.recipe import Recipe


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups: kernels and matrices decay; biases and norms do not (He et al., 2019, "Bag of tricks")."""
    decayed = [p for p in network.parameters() if p.requires_grad and p.ndim > 1]
    free = [p for p in network.parameters() if p.requires_grad and p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]


def make_optimizer(network: nn.Module, recipe: Recipe) -> optim.Optimizer:
    """The recipe's optimiser over the network's parameters; its learning rate is set anew at every step."""
    groups = parameter_groups(network, recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0)
    return optim.AdamW(groups, lr=recipe.lr)
