"""The maps of places that a network makes of a clip on its way to the answer, watched from outside.

Axes in names: N clips, C channels, T frames, H rows, W columns, L tokens, D width.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import Node, get_gradient_edge

from kinema.models import Network
from kinema.models.backbones.x3d import Head
from kinema.models.means import Windows
from kinema.models.transformer.swin import Swin

Edge = tuple[Node, int]  # a value in the graph that leads from the answer back to the clip
Layout = Callable[[torch.Tensor], torch.Tensor]  # values of one shape as a map N C T H W
HEADS = (Windows, Head)  # which pool places: what goes into them is the last map
INTO, END = "into ", "the end"  # what the maps are called that no layer made


@dataclass(frozen=True)
class Map:
    """What a layer told of each place. `values` are as the network has them, `layout` makes N C T H W of their like."""

    layer: str
    values: torch.Tensor
    layout: Layout

    @property
    def size(self) -> tuple[int, int, int]:
        """Frames, rows and columns."""
        frames, rows, columns = self.layout(self.values.detach()).shape[2:]
        return frames, rows, columns

    @property
    def edge(self) -> Edge:
        """Where it stands in the graph."""
        return edge_of(self.values)


@dataclass
class Watched:
    """All maps of one pass of `clips` clips, by their place in the graph; each is called what made it first.

    `by_layer` are they again, each under the names of all layers that end with it; `pooled` is no map any more.
    """

    clips: int
    maps: dict[Edge, Map] = field(default_factory=dict)
    by_layer: dict[str, Map] = field(default_factory=dict)
    pooled: set[Edge] = field(default_factory=set)

    def see(self, layer: str, channels_last: bool, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep what comes out of a layer, and what goes into it where that is what no layer made (a forward hook)."""
        if isinstance(module, nn.Identity):
            return
        outputs = output if isinstance(output, tuple) else (output,)
        if isinstance(module, HEADS) and edge_of(output) != edge_of(inputs[0]):
            self.pooled.add(edge_of(output))
        grids = [one for one in (*outputs, *inputs) if is_grid(one)]
        for values in outputs:
            self.keep(layer, values, layout_of(values, channels_last, grids))
        for values in inputs:
            self.keep(f"{INTO}{layer}", values, layout_of(values, channels_last, grids[::-1]))

    def keep(self, layer: str, values: Any, layout: Layout | None) -> None:
        """Keep a map under the name of the layer that made it, or else of the outermost one that it goes into."""
        if layout is None or not values.requires_grad or len(values) != self.clips or edge_of(values) in self.pooled:
            return
        known = self.maps.get(edge_of(values))
        if known is None or (known.layer.startswith(INTO) and layer.startswith(INTO)):
            self.maps[edge_of(values)] = Map(layer, values, layout)
        if not layer.startswith(INTO):
            self.by_layer[layer] = Map(layer, values, layout)


def layout_of(values: Any, channels_last: bool, grids: Sequence[tuple[int, ...]]) -> Layout | None:
    """How values lie, or None where they are no map. Tokens are one where their grid goes with them."""
    if not isinstance(values, torch.Tensor):
        return None
    if values.dim() == 5:
        return last_first if channels_last else as_it_is
    if values.dim() == 3 and grids and values.shape[1] >= prod(grids[0][-3:]):
        return partial(from_tokens, size=tuple(grids[0][-3:]))
    return None


def is_grid(value: Any) -> bool:
    """Is this how tokens lie: (frames, rows, columns), perhaps with the number of class tokens before?"""
    return isinstance(value, tuple) and len(value) in (3, 4) and all(isinstance(one, int) for one in value)


def as_it_is(values_NCTHW: torch.Tensor) -> torch.Tensor:
    return values_NCTHW


def last_first(values_NTHWC: torch.Tensor) -> torch.Tensor:
    return values_NTHWC.movedim(-1, 1)


def from_tokens(values_NLD: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    """The patches, which stand behind class tokens, in their places."""
    return values_NLD[:, -prod(size):].transpose(1, 2).unflatten(2, size)


def edge_of(values: torch.Tensor) -> Edge:
    """Where a value stands in the graph."""
    found = get_gradient_edge(values)
    return found.node, found.output_nr


@contextmanager
def watched(network: Network, clips: int) -> Iterator[Watched]:
    """Within this, what the layers of a network's backbone tell of so many clips is kept."""
    inside = isinstance(network.backbone, Swin)  # whose stages keep channels last; what comes out in the end does not
    seen = Watched(clips)
    heads = tuple(f"{name}." for name, module in network.backbone.named_modules() if isinstance(module, HEADS))
    hooks = []
    for name, module in network.backbone.named_modules():
        if isinstance(module, nn.LayerNorm | nn.Linear) or (inside and name and not name.startswith("stages.")):
            continue  # these may be given places in another order
        if name.startswith(heads):
            continue
        hooks.append(module.register_forward_hook(partial(seen.see, name or END, inside and bool(name))))
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def last_maps(answer: torch.Tensor, maps: Mapping[Edge, Map], clip: torch.Tensor) -> list[Map]:
    """Those of the maps through which all must pass that the answer knows of the clip; none stands before another."""
    start, _ = ways([edge_of(answer)], maps.keys(), clip)
    return [maps[edge] for edge in maps if edge in start and ways(before(edge), start - {edge}, clip)[1]]


def ways(edges: Iterable[Edge], ends: Iterable[Edge], clip: torch.Tensor) -> tuple[set[Edge], bool]:
    """Which `ends` the ways back from some places meet first, and whether one of the ways comes to the clip."""
    ends, met, known, open_ = set(ends), set[Edge](), set[Node](), list(edges)
    arrives = False
    while open_:
        node, number = open_.pop()
        if (node, number) in ends:
            met.add((node, number))
        elif node not in known:
            known.add(node)
            arrives = arrives or getattr(node, "variable", None) is clip
            open_ += before((node, number))
    return met, arrives


def before(edge: Edge) -> list[Edge]:
    """What a value was made of."""
    return [(node, number) for node, number in edge[0].next_functions if node is not None]
