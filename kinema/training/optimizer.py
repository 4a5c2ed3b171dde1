"""Optimisers: which parameters decay, and how fast each part of a network learns."""

from torch import optim

from kinema.models import Network
from kinema.models.parts import depth_of, stages
from kinema.recipe import Recipe


def rate_of_part(part: int, parts: int, layer_decay: float, head_lr: float) -> float:
    """By what the learning rate of a part of a network is multiplied; of `parts`, the last is the classifier.

    The classifier learns at `head_lr`, what stands right below it at 1, and every part below that at `layer_decay` of
    the one above it (BEiT, Bao et al., arXiv:2106.08254, appendix).
    """
    return head_lr if part == parts - 1 else layer_decay ** (parts - 2 - part)


def parameter_groups(network: Network, recipe: Recipe) -> list[dict]:
    """Groups of parameters that decay alike and learn at the same `scale` of the learning rate.

    Kernels and matrices decay; biases and norms do not (He et al., 2019, "Bag of tricks") unless the recipe lets all.
    """
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    depth, parts = depth_of(network), len(stages(network))
    groups: dict[tuple[float, bool], dict] = {}
    for decays in (True, False):
        for name, parameter in trained:
            if decays == (parameter.ndim > 1 or recipe.decay == "all"):
                scale = rate_of_part(depth(name), parts, recipe.layer_decay, recipe.head_lr)
                decay = recipe.weight_decay if decays else 0.0
                group = {"params": [], "weight_decay": decay, "scale": scale}
                groups.setdefault((scale, decays), group)["params"].append(parameter)
    return list(groups.values())


def make_optimizer(network: Network, recipe: Recipe) -> optim.Optimizer:
    """The recipe's optimiser over the network's parameters; its learning rate is set anew at every step."""
    groups = parameter_groups(network, recipe)
    if recipe.optimizer == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=nesterov, fused=fused(recipe))
    return optim.AdamW(groups, lr=recipe.lr, fused=fused(recipe))


def fused(recipe: Recipe) -> bool:
    """May a step be one kernel? Not where gradients are scaled, which are clipped once they are unscaled."""
    return recipe.precision != "16-mixed"


def set_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Let every group learn at its scale of a learning rate; groups of runs of before there were any have none."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)
