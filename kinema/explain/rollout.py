"""Attention roll-out (Abnar and Zuidema, arXiv:2005.00928): which patches of a clip a transformer's answer is made of.

Axes in names: N clips, L tokens, F class tokens or frames, K classes.
"""

from functools import partial

import torch

from kinema.errors import ModelError
from kinema.explain.attended import Attended, attended
from kinema.explain.heat import Heat, spread
from kinema.explain.mixing import fitted, grid_of, mixed, of_clip
from kinema.explain.ways import by_importance, in_streams
from kinema.models import Network
from kinema.models.temporal.encoder import FrameEncoder
from kinema.models.transformer.mvit import MViT
from kinema.models.transformer.probe import Probe
from kinema.models.transformer.readout import ClassMean, ClassTokens, First
from kinema.models.transformer.rev_mvit import RevMViT
from kinema.models.transformer.swin import Swin
from kinema.models.transformer.tokens import Grid, as_map, parts
from kinema.models.transformer.uniformer import UniFormer
from kinema.models.transformer.uniformer_light import LightUniFormer
from kinema.models.transformer.uniformerv2 import UniFormerV2
from kinema.models.transformer.vit import ViT

AVERAGED = (Swin, UniFormer, LightUniFormer, RevMViT)  # all of whose patches count alike in the end
ROLLED = (ViT, UniFormerV2, MViT, *AVERAGED)


def rollout(network: Network, clips_NCTHW: torch.Tensor) -> Heat:
    """The share of each patch in the features that the classifier sees, if tokens were nothing but what they attend to.

    After each attention a token is half itself and half what it took, by the mean of all heads; pooled and merged
    tokens are the mean of those that they are made of. What else stands in a network (perceptrons, shifts,
    convolutions) is passed by: patches are those that attend first, in a UniFormer those of its third stage. Frames'
    features count alike unless a transformer reads them (`encoder`). No class is asked about: `classes` are each clip's
    best. Raises ModelError for a network in which no places attend.
    """
    share_NL1, grid, logits_NK, count = shares(network, clips_NCTHW)
    heat_NTHW = spread(as_map(share_NL1, grid)[:, 0], clips_NCTHW.shape[2:])
    return Heat(heat_NTHW, logits_NK, tuple(logits_NK.argmax(1).tolist()), (f"{count} attentions",))


def shares(network: Network, clips_NCTHW: torch.Tensor) -> tuple[torch.Tensor, Grid, torch.Tensor, int]:
    """The share of each patch (N L 1), how the patches lie, the logits, and how many attentions were followed.

    What is missing to 1 is the class tokens' own, and that of what windows are padded with.
    """
    check(network)
    was_training = network.training
    with torch.no_grad(), attended(network.eval()) as seen:
        logits_NK = network(clips_NCTHW)
    network.train(was_training)
    inside = {*network.readout.modules()}
    body, reading = ([one for one in seen if (one.who in inside) == is_inside] for is_inside in (False, True))
    grid = grid_of(body[0])
    with torch.enable_grad():
        patches_NL1 = torch.ones(len(logits_NK), grid.patches, 1, device=logits_NK.device, requires_grad=True)
        held_N = read(carried(network.backbone, body, patches_NL1), reading)
        return torch.autograd.grad(held_N.sum(), patches_NL1)[0], grid, logits_NK, len(seen)


def carried(backbone: torch.nn.Module, seen: list[Attended], patches_NL1: torch.Tensor) -> torch.Tensor:
    """What the features of a backbone hold of the patches (N F 1, F frames or the clip's one row)."""
    grid = grid_of(seen[0])
    if isinstance(backbone, RevMViT | LightUniFormer):
        rolled = partial(in_streams, backbone) if isinstance(backbone, RevMViT) else by_importance
        return by_frame(*rolled(seen, patches_NL1))
    held_NL1 = torch.cat([patches_NL1.new_zeros(len(patches_NL1), grid.classes, 1), patches_NL1], dim=1)
    clip_N11 = patches_NL1.new_zeros(len(patches_NL1), 1, 1)
    for one in seen:
        if one.grid is None:
            clip_N11 = of_clip(one, clip_N11, held_NL1)
        else:
            held_NL1 = fitted(held_NL1, grid, grid_of(one))
            held_NL1, grid = mixed(one, held_NL1)
    class_NF1, patches_NL1 = parts(held_NL1, grid)
    if isinstance(backbone, AVERAGED):
        return by_frame(patches_NL1, grid)
    if isinstance(backbone, UniFormerV2):
        share_D = torch.zeros(1) if backbone.balance is None else backbone.balance.detach().sigmoid()
        share = float(share_D.mean())
        return (1 - share) * clip_N11 + share * class_NF1.mean(1, keepdim=True)
    if isinstance(backbone, MViT):
        token = backbone.token is not None and not backbone.average
        return class_NF1 if token else by_frame(patches_NL1, grid)
    if isinstance(backbone.out, Probe):
        return clip_N11
    if type(backbone.out) in (ClassTokens, ClassMean):
        return class_NF1
    return patches_NL1[:, :1] if isinstance(backbone.out, First) else by_frame(patches_NL1, grid)


def by_frame(patches_NL1: torch.Tensor, grid: Grid) -> torch.Tensor:
    """The mean of each frame's patches (N T 1)."""
    return as_map(patches_NL1, grid).mean((3, 4)).transpose(1, 2)


def read(frames_NF1: torch.Tensor, seen: list[Attended]) -> torch.Tensor:
    """What the row before the classifier holds (N): of all frames alike, or of what a transformer over them took."""
    if not seen:
        return frames_NF1.mean((1, 2))
    held_NL1 = torch.cat([torch.zeros_like(frames_NF1[:, :1]), frames_NF1], dim=1)
    for one in seen:
        held_NL1, _ = mixed(one, held_NL1)
    return held_NL1[:, 0, 0]


def check(network: Network) -> None:
    """Raise ModelError for a network whose attention does not go from patches to the answer."""
    if isinstance(network.backbone, ROLLED):
        return
    why = ("its attention is over frames alone, not over places" if isinstance(network.readout, FrameEncoder)
           else "it is no transformer")
    raise ModelError(f"Roll-out says nothing about {network.name}: {why}. Grad-CAM explains it by its last feature "
                     "map: `kinema explain cam`.")
