"""How near to the machine's limits the engines come: docs/roofline.svg, of benchmarks/engines.csv and peaks.csv.

python -m benchmarks.roofline

Work is that of plain convolutions and matrix products; what needs fewer multiplications can come out above the roof.
The least traffic of a network is its weights, and what goes into and comes out of each convolution and linear layer.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import machine
from kinema.evaluation.profile import profile
from kinema.models import create_model

ROOT = Path(__file__).parents[1]
FIGURE = ROOT / "docs" / "roofline.svg"
BYTES = {"fp32": 4, "bf16": 2}
SHADES = {"peer": "tab:gray", "eager": "tab:brown", "torch": "tab:orange", "onnx": "tab:green", "openvino": "tab:blue"}
MARKS = {"fp32": "o", "bf16": "^"}


@cache
def gflop(name: str, clip: str) -> float:
    """Billions of floating point operations of a clip, such as "8x224": two for each multiply-add."""
    frames, size = map(int, clip.split("x"))
    return 2 * profile(name, frames=frames, size=size).gmacs


@cache
def numbers(name: str, clip: str) -> float:
    """Billions of numbers that move at least."""
    frames, size = map(int, clip.split("x"))
    moved = 0

    def count(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal moved
        moved += inputs[0].numel() + output.numel() + sum(each.numel() for each in layer.parameters(recurse=False))

    with torch.device("meta"), torch.no_grad():
        network = create_model(name, frames=frames).eval()
        for layer in network.modules():
            if isinstance(layer, nn.Conv3d | nn.Linear):
                layer.register_forward_hook(count)
        network(torch.empty(1, network.clip.channels, frames, size, size))
    return moved / 1e9


def reached(row: dict[str, str]) -> float:
    """GFLOP/s of a row of engines.csv."""
    return 1000 * gflop(row["network"], row["clip"]) / float(row["milliseconds"])


def share(row: dict[str, str], peaks: list[dict[str, str]], threads: int) -> float:
    """Of the peak of its precision with so many threads."""
    peak = next(each for each in peaks if (each["precision"], each["threads"]) == (row["precision"], str(threads)))
    return reached(row) / float(peak["gflops"])


def table(rows: list[dict[str, str]], peaks: list[dict[str, str]], threads: int) -> str:
    """What each engine reaches, in words."""
    kinds = list(dict.fromkeys((row["engine"], row["precision"]) for row in rows))
    lines = ["GFLOP/s reached, and their share of the measured peak of that precision (work counted as plain "
             "convolutions; the figure: [roofline.svg](../docs/roofline.svg)).", "",
             f"| network | GFLOP a clip | {' | '.join(f'{kind} {precision}' for kind, precision in kinds)} |",
             "| --- " * (2 + len(kinds)) + "|"]
    for name in dict.fromkeys(row["network"] for row in rows):
        own = {(row["engine"], row["precision"]): row for row in rows if row["network"] == name}
        cells = [f"{reached(own[kind]):.0f} ({share(own[kind], peaks, threads):.0%})" if kind in own else "-"
                 for kind in kinds]
        clip = next(iter(own.values()))["clip"]
        lines.append(f"| {name} | {gflop(name, clip):.1f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(rows: list[dict[str, str]], peaks: list[dict[str, str]], threads: int) -> None:
    """The figure: GFLOP/s against operations for each byte that moves, under the roofs of the most threads."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axis: Any = figure.subplots()
    named: dict[str, list[str]] = {}  # those that stand above each other share a label
    for row in rows:
        place = row["network"], row["clip"]
        operations = gflop(*place) / (numbers(*place) * BYTES[row["precision"]])
        axis.scatter(operations, reached(row), color=SHADES[row["engine"]], marker=MARKS[row["precision"]], s=28)
        if (row["engine"], row["precision"]) == ("openvino", "fp32"):
            named.setdefault(f"{operations:.2g}", []).append(row["network"])
    for intensity, names in named.items():
        axis.text(float(intensity), 11, ", ".join(names), rotation=90, fontsize=7, ha="center", va="bottom")
    for each in peaks:
        if each["threads"] != str(threads):
            continue
        top, slope = float(each["gflops"]), float(each["gigabytes"])
        axis.plot([1, top / slope, 1000], [slope, top, top], color="black", lw=1,
                  ls="-" if each["precision"] == "fp32" else "--", label=f"{each['precision']}: {top:.0f} GFLOP/s, "
                  f"{slope:.0f} GB/s")
    for kind, shade in SHADES.items():
        axis.scatter([], [], color=shade, label=kind)
    for precision, mark in MARKS.items():
        axis.scatter([], [], color="white", edgecolor="black", marker=mark, label=precision)
    axis.set(xscale="log", yscale="log", xlim=(4, 400), ylim=(10, 1000),
             xlabel="operations for each byte that moves at least", ylabel="GFLOP/s",
             title=f"Batch 1, {threads} threads, {machine.processor()}")
    axis.title.set_fontsize(9)
    axis.legend(fontsize=7, ncols=2, loc="upper left")
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    """Draw what was measured."""
    rows, peaks = (list(csv.DictReader(path.open(encoding="utf-8")))
                   for path in (ROOT / "benchmarks" / "engines.csv", machine.TABLE))
    threads = max(int(row["threads"]) for row in peaks)
    draw(rows, peaks, threads)
    print(table(rows, peaks, threads))


if __name__ == "__main__":
    main()
