"""What must hold for every network that has a name, on clips as small as it takes.

The tests check it for each name on its own; `python -m benchmarks.compat` for all, with export and compilation too.
"""

import copy
import pickle
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from unittest.mock import patch

import torch
from safetensors.torch import load, save
from torch import nn

from kinema.errors import ModelError
from kinema.models import ClipSpec, Network, create_model, list_models, order_aware, sized_by
from kinema.models.backbones import BACKBONES
from kinema.models.names import expected_clip, parse
from kinema.models.temporal import ADDED, MODULES

CLASSES = 5
SIDES = (32, 64, 112)  # pixels across the clips that are tried, the smallest first; then what a network expects
GAINS = (1.0, 0.2)  # of random weights: products of features grow without end by the first
LAST = r"^backbone\.blocks\.(15|23|47)\.attention\.(positions\.\w+|query\.conv\.weight)$"
IDLE = (("mvitv2_", LAST),)  # its last block is asked by the class token alone, which has no place in the clip
DRAWS = 6  # of clips, until each parameter has had a gradient: some ReLUs are all off in a small clip
SLOW_TO_DRAW = ("uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
                "kaiming_normal_", "orthogonal_")


@dataclass
class Subject:
    """A network with random weights in which everything has an effect, and the small clip it was built for."""

    name: str
    network: Network
    spec: ClipSpec

    def clip(self, frames: int = 0, side: int = 0, clips: int = 1, seed: int = 0) -> torch.Tensor:
        """Clips (N C T H W) that grow louder over time, each frame with a coarse pattern of its own."""
        draw = torch.Generator().manual_seed(seed)
        frames, side = frames or self.spec.frames, side or self.spec.height
        noise = torch.randn(clips, self.spec.channels, frames, side, side, generator=draw)
        coarse = torch.randn(clips, self.spec.channels, frames, 1, 1, generator=draw)
        return noise * torch.linspace(0.5, 1.5, frames)[:, None, None] + coarse


def subject(name: str) -> Subject:
    """The network of this name, built for the smallest clip with which it works. Raises what its usual clip raises."""
    spec = usual(name)
    frames = 16 if parse(name)[2] else 8
    sides = [*(side for side in SIDES if side < spec.height), spec.height]
    tried = [(length, side) for side in sides for length in dict.fromkeys((frames, 2 * frames, spec.frames))]
    for length, side in tried:
        try:
            small = replace(spec, frames=length, height=side, width=side)
            built = Subject(name, build(name, small), small)
            logits(built.network, built.clip())
        except Exception:  # too small a clip; whether it is anything else, the usual one tells
            if (length, side) == tried[-1]:
                raise
            continue
        for gain in GAINS:
            fill(built.network, gain=gain)
            if logits(built.network, built.clip()).isfinite().all():
                return built
    raise ValueError(f"{name} gives no finite numbers.")


def one_of_each_family() -> list[str]:
    """A name for each class of backbone and, on the smallest that lists it, for each temporal module."""
    found: dict[object, str] = {}
    listed = set(list_models())
    for name, backbone in BACKBONES.items():
        build = backbone.build
        while isinstance(build, partial):
            build = build.func
        module = (backbone.modules or tuple(MODULES))[0]
        found.setdefault(build, f"{module}-{name}" if backbone.asks else name)
    for module in (*MODULES, *(f"tsn+{added}" for added in ADDED)):
        names = [f"{module}-{name}" for name in BACKBONES if f"{module}-{name}" in listed]
        if names:
            found.setdefault(module, names[0])
    return list(dict.fromkeys(found.values()))


def usual(name: str) -> ClipSpec:
    """The clip that the network of this name expects."""
    return expected_clip(name)


def build(name: str, spec: ClipSpec) -> Network:
    """The network of this name for such clips; what its weights are, nobody has said yet."""
    with quick_start():
        return create_model(name, CLASSES, clip=spec).eval()


@contextmanager
def quick_start() -> Iterator[None]:
    """Within this, layers are made without drawing their weights."""
    with ExitStack() as stack:
        for method in SLOW_TO_DRAW:
            stack.enter_context(patch.object(nn.init, method, lambda tensor, *args, **kwargs: tensor))
        yield


@torch.no_grad()
def fill(network: nn.Module, seed: int = 0, gain: float = 1.0) -> None:
    """Give every parameter random values that pass signals on, also those that training starts at nothing.

    The values of all come from one pool, which is much faster than drawing each.
    """
    pool = torch.randn(1_000_003, generator=torch.Generator().manual_seed(seed))
    start = 0
    for key, parameter in network.named_parameters():
        values = pool.roll(-start)[: parameter.numel()] if parameter.numel() < len(pool) else pool.repeat(
            -(-parameter.numel() // len(pool)))[: parameter.numel()]
        start = (start + parameter.numel()) % len(pool)
        if parameter.dim() < 2:
            usual = 0.0 if "bias" in key.rpartition(".")[2] else 1.0  # a norm's weight, or how strong a layer is
            parameter.copy_(usual + 0.2 * values.view_as(parameter))
        else:
            table = parameter.shape[0] == 1 and not key.endswith("weight")  # of positions, say: it is added, not summed
            rows = 4 if table else parameter[0].numel()
            parameter.copy_(gain * values.view_as(parameter) * rows**-0.5)


def logits(network: nn.Module, clip_NCTHW: torch.Tensor) -> torch.Tensor:
    """What a network gives for clips, one row each."""
    with torch.inference_mode():
        return network(clip_NCTHW)


def without_gradient(subject: Subject) -> list[str]:
    """The parameters that no gradient reaches, in as many clips and weights as it takes to be sure."""
    idle = [keys for start, keys in IDLE if subject.name.startswith(start)]
    left = {key for key, _ in subject.network.named_parameters() if not any(re.search(keys, key) for keys in idle)}
    grow = 0 if "size" in sized_by(subject.name) else 32
    for draw in range(DRAWS):
        if draw:
            fill(subject.network, draw)
        network, side = subject.network.train(), subject.spec.height + grow * (draw // 2)
        network.zero_grad()
        rows = network(subject.clip(side=side, clips=2, seed=draw))
        (rows * torch.randn(rows.shape, generator=torch.Generator().manual_seed(draw))).sum().backward()
        for key, parameter in network.named_parameters():
            if parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.any():
                left.discard(key)
        network.zero_grad()
        network.eval()
        if not left:
            break
    return sorted(left)


def tells_order(subject: Subject) -> bool:
    """Does playing a clip backwards change the answer? Judged by how much another clip changes it."""
    network, clips = subject.network, subject.clip(clips=2)
    change = order_change(network, clips)
    if 1e-4 < change < 1e-2 or (change > 1e-4) != order_aware(subject.name):  # look closer
        network = copy.deepcopy(network).double()
        return order_change(network, clips.double()) > 1e-9
    return change > 1e-4


def order_change(network: nn.Module, clips_NCTHW: torch.Tensor) -> float:
    """By how much two clips' answers change when they are played backwards, over how much they differ."""
    one, other, backwards = logits(network, torch.cat([clips_NCTHW, clips_NCTHW[:1].flip(2)]))
    return float((one - backwards).abs().max() / (one - other).abs().max())


def takes_other(subject: Subject, what: str) -> bool:
    """Does it take clips of another "frames" or "size"? A network that says it does not must refuse them in words."""
    frames, side = subject.spec.frames, subject.spec.height
    sized = sized_by(subject.name)
    few = frames if "frames" in sized else frames // 2
    other = subject.clip(frames=frames * 3 // 2) if what == "frames" else subject.clip(frames=few, side=side + 32)
    if what not in sized:
        rows = logits(subject.network, other)
        return rows.shape == (1, CLASSES) and bool(rows.isfinite().all())
    try:
        logits(subject.network, other)
    except ModelError:
        return True
    return False


def survives_a_file(subject: Subject) -> bool:
    """Are its weights, written and read, the same network?"""
    twin = build(subject.name, subject.spec)
    file = save({key: value.contiguous() for key, value in subject.network.state_dict().items()})
    twin.load_state_dict(load(file), assign=True)
    clip = subject.clip()
    return torch.equal(logits(twin, clip), logits(subject.network, clip))


def survives_copying(subject: Subject) -> bool:
    """Is a copy of it, sent to another process, the same network?

    Each weight is one value seen many times: what is sent is small, and all but the weights is what is asked about.
    """
    network, clip = build(subject.name, subject.spec).double(), subject.clip().double()
    for parameter in network.parameters():
        value = 0.2 / parameter[0].numel() if parameter.dim() > 1 else 0.2  # whatever is summed does not grow
        parameter.data = torch.tensor(value, dtype=torch.float64).expand(parameter.shape)
    twin, expected = copy.deepcopy(pickle.loads(pickle.dumps(network))), logits(network, clip)
    return same(logits(twin, clip), expected)  # a copy lays its weights out anew, so rounds otherwise


def exports(subject: Subject) -> bool:
    """Does `torch.export` make the same network of it?"""
    clip = subject.clip()
    program = torch.export.export(subject.network, (clip,))
    return same(program.module()(clip), logits(subject.network, clip))


def compiles(subject: Subject, backend: str = "aot_eager") -> bool:
    """Does `torch.compile` make the same network of it? ("aot_eager" traces all of it and generates no code.)"""
    clip = subject.clip()
    torch.compiler.reset()
    compiled = torch.compile(subject.network, backend=backend)
    return same(logits(compiled, clip), logits(subject.network, clip))  # type: ignore[arg-type]


def same(rows_NK: torch.Tensor, expected_NK: torch.Tensor) -> bool:
    """Equal but for rounding."""
    return bool((rows_NK - expected_NK).abs().max() <= 1e-4 * expected_NK.abs().max())
