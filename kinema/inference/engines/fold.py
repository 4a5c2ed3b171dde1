"""Batch norms that follow a convolution, folded into its weights: the same answers, with less to do."""

from copy import deepcopy
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from kinema.models import Network, layers, same

LINEAR = (nn.Conv3d, layers.Conv, same.SameConv)  # what gives the sum of its weights and a bias, and nothing else


def folded(network: Network) -> Network:
    """A copy of a network for answers alone, in which no batch norm is left behind a convolution in a row of layers.

    Its weights are its own: whoever trains the network on changes no answer.
    """
    copy = deepcopy(network).eval()
    for row in [module for module in copy.modules() if isinstance(module, nn.Sequential)]:
        for (_, before), (name, norm) in pairwise(row.named_children()):
            conv = last_of(before)
            if isinstance(conv, nn.Conv3d) and type(conv) in LINEAR and type(norm) is nn.BatchNorm3d:
                fold(conv, norm)
                setattr(row, name, nn.Identity())
    return copy


def last_of(layer: nn.Module) -> nn.Module:
    """The layer at the end of a row, or of rows in it."""
    while isinstance(layer, nn.Sequential) and len(layer):
        layer = layer[-1]
    return layer


@torch.no_grad()
def fold(conv: nn.Conv3d, norm: nn.BatchNorm3d) -> None:
    """Let a convolution give what the norm would make of it."""
    assert norm.running_mean is not None and norm.running_var is not None  # noqa: PT018
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
