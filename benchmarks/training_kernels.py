"""Training steps on a CPU by kinema's kernels, beside PyTorch's; writes the table in benchmarks/RESULTS.md.

python -m benchmarks.training_kernels [--rounds 7] [--threads 2] [--batch 4] [--peers PYTHON]

A step is forward, cross-entropy and backward of a network with random weights, on random clips; no optimiser, which
takes the same on all sides. Each round does one with each side in turn (A B A B ...), after two to warm up; a ratio is
that of a round, and its median stands beside its range. With --peers (see `benchmarks.engines`) PyTorchVideo's X3D-S,
and of the others kinema's network as PyTorch runs it, take their turn in processes of their own: the others are
measured by them. kinema's side is made as `kinema train` makes it. Axes in names: see `kinema/models/layers.py`.
"""

import argparse
import copy
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn

from benchmarks.engines import Peer
from benchmarks.peer import MAKE, training_step
from benchmarks.results import begin, measured_by, put
from kinema.machine import Machine, keep_freed_memory
from kinema.models import Network, create_model
from kinema.models.kernels.suited import LAST
from kinema.models.layers import Conv
from kinema.training.course import wrapped
from kinema.training.quicken import QuickNorm

NAMES = {"x3d_s": (13, 160), "r3d_18": (16, 112), "tsm-resnet50": (8, 112)}  # frames and pixels of a clip
SIDES = {"eager": (False, False), "kernels": (True, False), "kernels, bf16": (True, True)}  # laid out so; bf16
Took = tuple[float, float]  # seconds, and seconds of processors


def side(network: Network, clips_NCTHW: torch.Tensor, kernels: bool, half: bool) -> Callable[[], Took]:
    """One side's step."""
    own = copy.deepcopy(network)
    if kernels:
        own, clips_NCTHW = wrapped(own, Machine(accelerator="cpu")), clips_NCTHW.contiguous(memory_format=LAST)
    labels_N = torch.arange(len(clips_NCTHW))

    def step() -> Took:
        start, used = time.perf_counter(), time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            training_step(own, clips_NCTHW, labels_N)
        return time.perf_counter() - start, time.process_time() - used

    return step


def gradients(network: nn.Module, clips_NCTHW: torch.Tensor) -> torch.Tensor:
    """The gradients of all weights, without dropout."""
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    training_step(network, clips_NCTHW, torch.arange(len(clips_NCTHW)))
    return torch.cat([weight.grad.double().flatten() for weight in network.parameters() if weight.grad is not None])


def whole(network: Network, clips_NCTHW: torch.Tensor) -> tuple[float, float]:
    """How far the gradients of a network are from those in float64, over their length: eager, and by kernels."""
    exact, eager, quick = (copy.deepcopy(network) for _ in range(3))
    expected = gradients(exact.double(), clips_NCTHW.double())
    wrapped(quick, Machine(accelerator="cpu"))
    found = gradients(eager, clips_NCTHW), gradients(quick, clips_NCTHW.contiguous(memory_format=LAST))
    return tuple(float((each - expected).norm() / expected.norm()) for each in found)  # type: ignore[return-value]


def layers(network: Network, clips_NCTHW: torch.Tensor) -> tuple[float, float]:
    """How far the gradients of any layer are from those in float64, given the same input and the same gradient of its
    output: the greatest difference over the gradient's spread; eager, and by kernels."""
    exact, quick = copy.deepcopy(network).double(), copy.deepcopy(network)
    wrapped(quick, Machine(accelerator="cpu"))
    worst = [0.0, 0.0]

    def gradient(layer: nn.Module, x_NCTHW: torch.Tensor, g_NCTHW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x_NCTHW = x_NCTHW.requires_grad_()
        return torch.autograd.grad(layer.forward(x_NCTHW), (x_NCTHW, layer.weight), g_NCTHW)  # type: ignore[arg-type]

    def compare(name: str, x_NCTHW: torch.Tensor, g_NCTHW: torch.Tensor) -> None:
        x_NCTHW, g_NCTHW = x_NCTHW.detach().float(), g_NCTHW.detach().float()
        given = [each.contiguous(memory_format=LAST) for each in (x_NCTHW, g_NCTHW)]
        with torch.enable_grad():
            expected = gradient(exact.get_submodule(name), x_NCTHW.double(), g_NCTHW.double())
            found = (gradient(network.get_submodule(name), x_NCTHW, g_NCTHW),
                     gradient(alone(quick.get_submodule(name)), *given))
        for number, one in enumerate(found):
            for a, b in zip(one, expected, strict=True):
                worst[number] = max(worst[number], float((a - b).abs().max() / spread(b, g_NCTHW)))

    def watch(name: str, layer: nn.Module) -> None:
        layer.register_forward_hook(lambda _, given, output: output.register_hook(
            lambda g_NCTHW: compare(name, given[0], g_NCTHW)) and None)

    for name, layer in exact.named_modules():
        if isinstance(layer, Conv | nn.BatchNorm3d):
            watch(name, layer)
    gradients(exact, clips_NCTHW.double())
    return worst[0], worst[1]


def spread(gradient: torch.Tensor, g_NCTHW: torch.Tensor) -> torch.Tensor:
    """That of a gradient; of a batch norm's weight what a sum of as many numbers would have, where those cancel out."""
    own = gradient.square().mean().sqrt()
    return own if gradient.dim() > 1 else torch.maximum(own, g_NCTHW.norm() / len(gradient) ** 0.5)


def alone(layer: nn.Module) -> nn.Module:
    """A layer without the activation that it does too."""
    if isinstance(layer, QuickNorm):
        layer.follower = ""
    return layer


def line(name: str, rounds: int, batch: int, python: str | None) -> str:
    """One network's line of the table."""
    frames, size = NAMES[name]
    torch.manual_seed(0)
    network = create_model(name, frames=frames).train()
    clips_NCTHW = torch.randn(batch, 3, frames, size, size)
    steps = {key: side(network, clips_NCTHW, *how) for key, how in SIDES.items()}
    peer = Peer(python, name, frames, size, batch) if python else None
    if peer:
        steps = {"peer": lambda: tuple(map(float, peer.ask("again").split())), **steps}  # type: ignore[dict-item]
    times: dict[str, list[Took]] = {key: [] for key in steps}
    for number in range(rounds + 2):
        for key, step in steps.items():
            took = step()
            times[key] += [took] if number > 1 else []
    if peer:
        peer.close()
    base = times["peer" if peer else "eager"]
    cells = [f"{1000 * median(wall for wall, _ in base):.0f} ({1000 * median(used for _, used in base):.0f})"]
    for key in SIDES:
        walls, used = (sorted(slow[kind] / quick[kind] for slow, quick in zip(base, times[key], strict=True))
                       for kind in (0, 1))
        cells.append(f"**{median(walls):.2f}** ({walls[0]:.2f} to {walls[-1]:.2f}; {median(used):.2f})")
    for found in (whole(network, clips_NCTHW[:2]), layers(network, clips_NCTHW[:2])):
        cells.append(" / ".join(f"{error:.0e}" for error in found))
    print(name, *cells, sep=" | ", flush=True)
    named = "PyTorchVideo" if peer and name in MAKE else "eager"
    return f"| {name} | {frames}x{size} | {named} | {' | '.join(cells)} |"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--peers", metavar="PYTHON")
    options = parser.parse_args()
    begin(options.threads)
    keep_freed_memory()
    lines = [f"Times faster than the base, batch {options.batch}, {options.threads} threads: median of the rounds "
             "(least to most; of processor time). Errors: eager / kernels, both fp32, against float64.", "",
             f"| network | clip | base | its ms (of processors) | {' | '.join(SIDES)} | error of the whole network's "
             "gradient | of a layer's |", "| --- " * (6 + len(SIDES)) + "|",
             *(line(name, options.rounds, options.batch, options.peers) for name in NAMES), "",
             measured_by("benchmarks.training_kernels")]
    put("training", "\n".join(lines))


if __name__ == "__main__":
    main()
