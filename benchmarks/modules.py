"""What a temporal module costs over its tsn; writes the table in benchmarks/RESULTS.md.

python -m benchmarks.modules [--only PATTERN] [--rounds 7] [--threads 2]

Each round runs the tsn and then each module in turn (A B A B ...), after a warm-up; a ratio is that of a round, and its
median over the rounds stands beside its range. Networks have random weights and see clips of 8 frames: one of 224 px
for an answer, two of 112 px for a step of training (forward and backward, as `kinema train` does it). OMP_WAIT_POLICY
is PASSIVE, so that idle threads of one engine do not slow down the next.
"""

import argparse
from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib.util import find_spec
from statistics import median

import torch

from benchmarks.engines import eager, seconds
from benchmarks.results import begin, measured_by, put
from kinema.inference.engines.choose import made
from kinema.machine import Machine, keep_freed_memory
from kinema.models import Network, create_model
from kinema.training.course import wrapped

MODULES, BACKBONES = ("tsn", "tsm", "tam", "tin"), ("resnet50", "resnet18")
KINDS = ("torch", "openvino", "eager", "training")
FRAMES, SIZE, TRAINED_SIZE, TRAINED_CLIPS = 8, 224, 112, 2


def step(network: Network) -> Callable[[torch.Tensor], torch.Tensor]:
    """Forward and backward."""
    network = wrapped(network.train(), Machine(accelerator="cpu"))

    def train(clips_NCTHW: torch.Tensor) -> torch.Tensor:
        network.zero_grad()
        logits_NK = network(clips_NCTHW)
        logits_NK.square().mean().backward()
        return logits_NK

    return train


def run_of(kind: str, module: str, backbone: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """What runs a network's clips."""
    torch.manual_seed(0)
    network = create_model(f"{module}-{backbone}", frames=FRAMES).eval()
    network.clip = network.clip.__class__(**{**network.clip.to_dict(), "height": SIZE, "width": SIZE})
    return {"eager": eager, "training": step}[kind](network) if kind in ("eager", "training") else made(
        kind, network, "fp32")


def row(kind: str, backbone: str, rounds: int) -> str:
    """One line of the table."""
    trains = kind == "training"
    size = TRAINED_SIZE if trains else SIZE
    clips_NCTHW = torch.randn(TRAINED_CLIPS if trains else 1, 3, FRAMES, size, size)
    if trains:
        clips_NCTHW = clips_NCTHW.contiguous(memory_format=torch.channels_last_3d)
    runs = {module: run_of(kind, module, backbone) for module in MODULES}
    times: dict[str, list[float]] = {module: [] for module in MODULES}
    for number in range(rounds + 1):  # the first one warms up
        for module, run in runs.items():
            times[module] += [seconds(run, clips_NCTHW)] * (number > 0)
    cells = []
    for module in MODULES[1:]:
        ratios = sorted(own / base for base, own in zip(times["tsn"], times[module], strict=True))
        cells.append(f"**{median(ratios):.3f}** ({ratios[0]:.3f} to {ratios[-1]:.3f})")
    line = (f"| {kind} | {backbone} | {len(clips_NCTHW)}x{FRAMES}x{size} | {1000 * median(times['tsn']):.0f} | "
            f"{' | '.join(cells)} |")
    print(line, flush=True)
    return line


def main() -> None:
    """Time the networks, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of a kind and a backbone, as in torch-resnet50")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    begin(options.threads)
    keep_freed_memory()  # as a recogniser and a training do
    lines = [f"Times of a network over those of its tsn, {options.threads} threads: median of the rounds, least to "
             "most.", "", "| run by | backbone | clips | tsn, ms | " + " | ".join(MODULES[1:]) + " |",
             "| --- " * (4 + len(MODULES[1:])) + "|"]
    for kind in KINDS:
        if kind == "openvino" and find_spec(kind) is None:
            continue
        lines += [row(kind, backbone, options.rounds) for backbone in BACKBONES
                  if fnmatchcase(f"{kind}-{backbone}", options.only)]
    put("modules", "\n".join([*lines, "", measured_by("benchmarks.modules")]))


if __name__ == "__main__":
    main()
