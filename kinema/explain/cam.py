"""Grad-CAM over space and time: where in a clip the score of a class comes from.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from math import prod

import torch

from kinema.errors import ModelError, nearest
from kinema.explain.heat import Heat, spread
from kinema.explain.maps import Edge, Map, Watched, edge_of, last_maps, watched
from kinema.models import Network

PLACES = 7  # rows and columns that a map has at least, as the last one of image networks has
Weigh = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # a map N C T H W and its gradient -> N T H W


def by_place(values_NCTHW: torch.Tensor, gradient_NCTHW: torch.Tensor) -> torch.Tensor:
    """Each value times its own gradient: what it adds to the score (HiResCAM; Draelos and Carin, arXiv:2011.08891).

    On a last map that is averaged and classified, this is Grad-CAM. On an earlier one, where a channel's gradients
    differ from place to place, it stays with what moves and means of channels may not: hence it is the default.
    """
    return (values_NCTHW * gradient_NCTHW).sum(1)


def by_channel(values_NCTHW: torch.Tensor, gradient_NCTHW: torch.Tensor) -> torch.Tensor:
    """Each value times the mean gradient of its channel (Grad-CAM; Selvaraju et al., arXiv:1610.02391, equation 1)."""
    return torch.einsum("nc,ncthw->nthw", gradient_NCTHW.mean((2, 3, 4)), values_NCTHW)


WEIGHTS: dict[str, Weigh] = {"hirescam": by_place, "grad-cam": by_channel}


def grad_cam(
    network: Network, clips_NCTHW: torch.Tensor, classes: int | None = None, weigh: Weigh = by_place,
    layer: str | None = None, places: int = PLACES,
) -> Heat:
    """The places whose features raise the score of a class (`classes`; None: of each clip's best one).

    A map's channels are weighted by the score's gradient (`weigh`) and added up, and what is below 0 is cut off. The
    map is the last one of `places` rows and columns or more, before any head or window that pools: of small clips an
    earlier one than of large ones. Of several paths each has its own, and what they say is added. `layer` names another
    by its place in the backbone, such as "stages.3". The network is left as it is. Raises ModelError for a layer that
    gives no map, and for a network that makes none.
    """
    check_class(network, classes)
    was_training = network.training
    recurrent = any(isinstance(module, torch.nn.RNNBase) for module in network.modules())
    without_cudnn = torch.backends.cudnn.flags(enabled=False) if recurrent else nullcontext()  # no gradient in eval()
    with torch.inference_mode(False), torch.enable_grad(), without_cudnn:
        clip_NCTHW = clips_NCTHW.detach().clone().requires_grad_()
        with watched(network.eval(), len(clip_NCTHW)) as seen:
            logits_NK = network(clip_NCTHW)
        network.train(was_training)
        best_N = logits_NK.argmax(1) if classes is None else torch.full_like(logits_NK[:, 0], classes, dtype=torch.long)
        score = logits_NK.gather(1, best_N[:, None]).sum()
        if layer:
            maps = [named(seen, layer)]
        else:
            maps = felt(score, fine(seen.maps, places, clip_NCTHW), clip_NCTHW) if score.requires_grad else []
        if not maps:
            raise ModelError(f"{network.name} makes no map of places that a gradient reaches, so it has no Grad-CAM.")
        parts = [spread(weigh(one.layout(one.values.detach()), gradient(score, one)).relu() * prod(one.size),
                        clip_NCTHW.shape[2:]) for one in maps]
    return Heat(torch.stack(parts).sum(0).detach(), logits_NK.detach(), tuple(best_N.tolist()),
                tuple(one.layer for one in maps))


def gradient(score: torch.Tensor, one: Map) -> torch.Tensor:
    """How the score changes with each value of a map (N C T H W)."""
    return one.layout(torch.autograd.grad(score, one.values, retain_graph=True)[0])


def felt(score: torch.Tensor, maps: Mapping[Edge, Map], clip_NCTHW: torch.Tensor) -> list[Map]:
    """The last maps of which the score feels any place: behind a transformer's last attention it feels no patch."""
    left, last = dict(maps), last_maps(score, maps, clip_NCTHW)
    while last:
        dead = [one for one in last if not gradient(score, one).any()]
        if not dead:
            return last
        for one in dead:
            del left[one.edge]
        last = last_maps(score, left, clip_NCTHW)
    return last_maps(score, maps, clip_NCTHW)


def fine(maps: Mapping[Edge, Map], places: int, clip_NCTHW: torch.Tensor) -> dict[Edge, Map]:
    """The maps of so many rows and columns, or, where there is none, of as many as there are at most."""
    own = edge_of(clip_NCTHW)
    sides = {edge: min(one.size[1:]) for edge, one in maps.items() if edge != own and one.size[1:] != (1, 1)}
    least = min(places, max(sides.values(), default=0))
    return {edge: maps[edge] for edge, side in sides.items() if side >= least}


def named(seen: Watched, layer: str) -> Map:
    """The map that a layer made."""
    if layer not in seen.by_layer:
        stages = [name for name in seen.by_layer if name.count(".") < 2]
        raise ModelError(f"No layer {layer!r} of the backbone gives a map.{nearest(layer, seen.by_layer)} "
                         f"Among them are {', '.join(stages)}.")
    return seen.by_layer[layer]


def check_class(network: Network, number: int | None) -> None:
    """Raise ModelError where a network has no class of this number."""
    if number is not None and not 0 <= number < network.classes:
        raise ModelError(f"{network.name} has no class {number}; its classes are 0 to {network.classes - 1}.")
