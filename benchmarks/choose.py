"""Which network to take: docs/choose.svg and the table of docs/choose.md, of the catalogue and benchmarks/engines.csv.

python -m benchmarks.choose

Accuracies are those that the zoos report for these checkpoints, over several views of a video; GMACs and milliseconds
are kinema's own, of one view.
"""

import csv
from pathlib import Path
from typing import Any

from benchmarks.results import put
from kinema.evaluation.profile import Cost, profile
from kinema.weights.catalogue import Checkpoint, all_checkpoints

ROOT = Path(__file__).parents[1]
FIGURE, PAGE = ROOT / "docs" / "choose.svg", ROOT / "docs" / "choose.md"
FRAMES, VOLUMES, SMALL, ATTENTION = "2-D, mixed over time", "3-D", "3-D, depthwise", "transformer"
SHADES = {FRAMES: "#0072b2", VOLUMES: "#d55e00", SMALL: "#009e73", ATTENTION: "#aa4499"}
SHOWN = {
    "tsm/tsn-resnet50-2d-8x8-kinetics400": FRAMES,
    "tsm/tsm-mobilenetv2-8x8-kinetics400": FRAMES,
    "mmaction2/tsm-resnet50-8-kinetics400-3": FRAMES,
    "mmaction2/tanet-resnet50-8-kinetics400": FRAMES,
    "ibm/tam-resnet-50-f32-32x2-kinetics400": FRAMES,
    "torchvision/r2plus1d-18.kinetics400-v1-16x2-kinetics400": VOLUMES,
    "pytorchvideo/i3d-r50-8x8-kinetics400": VOLUMES,
    "pytorchvideo/slow-r50-8x8-kinetics400": VOLUMES,
    "pytorchvideo/slowfast-r50-8x8-kinetics400": VOLUMES,
    "pytorchvideo/slowfast-r101-8x8-kinetics400": VOLUMES,
    "ibm/i3d-resnet-50-f32-32x2-kinetics400": VOLUMES,
    "pytorchvideo/x3d-xs-4x12-kinetics400-182": SMALL,
    "pytorchvideo/x3d-s-13x6-kinetics400-182": SMALL,
    "pytorchvideo/x3d-m-16x5-kinetics400": SMALL,
    "pytorchvideo/x3d-l-16x5-kinetics400-356": SMALL,
    "pytorchvideo/csn-r101-32x2-kinetics400": SMALL,
    "uniformer/uniformer-xxs-16-kinetics400-160": ATTENTION,
    "uniformer/uniformer-s-16x4-kinetics400": ATTENTION,
    "timesformer/timesformer-8x32-kinetics400": ATTENTION,
    "pytorchvideo/mvit-b-16x4-kinetics400": ATTENTION,
    "pyslowfast/mvitv2-s-16x4-kinetics400": ATTENTION,
    "video-swin/swin-t-32x2-kinetics400": ATTENTION,
    "videomae/videomae-vit-b-1600ep-fine-tune-16x4-kinetics400": ATTENTION,
}
LEFT = {"tam-resnet50", "slowfast_r50_8x8", "slowfast_r101_8x8", "mvit_b_16x4", "tsm-resnet50", "uniformer_s_16x4",
        "tanet-resnet50"}


def cost(checkpoint: Checkpoint) -> Cost:
    """What one view of a checkpoint's network costs, in the clip that it is judged on."""
    clip = checkpoint.spec
    return profile(checkpoint.model, clip.frames, (clip.height, clip.width), **dict(checkpoint.options))


def milliseconds() -> dict[tuple[str, str, str], float]:
    """The quickest engine's time by network, clip ("8x224") and precision, measured on two threads."""
    found: dict[tuple[str, str, str], float] = {}
    with (ROOT / "benchmarks" / "engines.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["network"], row["clip"], row["precision"]
            if row["engine"] != "peer":
                found[key] = min(found.get(key, float("inf")), float(row["milliseconds"]))
    return found


def shape(checkpoint: Checkpoint) -> str:
    """Frames and side of a checkpoint's clip: "8x224"."""
    return f"{checkpoint.spec.frames}x{checkpoint.spec.height}"


def table(rows: list[tuple[Checkpoint, Cost]]) -> str:
    """The networks from the cheapest to the dearest."""
    times = milliseconds()
    lines = ["| network | clip | GMACs | parameters, M | ms, fp32 | ms, bf16 | reported top-1, % | views "
             "| checkpoint |",
             "|---|---|--:|--:|--:|--:|--:|---|---|"]
    for checkpoint, spent in sorted(rows, key=lambda row: row[1].gmacs):
        cells = [f"{times[key]:.0f}" if (key := (checkpoint.model, shape(checkpoint), kind)) in times else ""
                 for kind in ("fp32", "bf16")]
        views = checkpoint.views.partition(";")[0].partition(" (")[0]
        lines.append(f"| `{checkpoint.model}` | {shape(checkpoint)} | {spent.gmacs:.1f} | "
                     f"{spent.parameters / 1e6:.1f} | {' | '.join(cells)} | {checkpoint.accuracy:.1f} | {views} | "
                     f"`{checkpoint.id}` |")
    return "\n".join(lines)


def draw(rows: list[tuple[Checkpoint, Cost]]) -> None:
    """Accuracy over multiply-adds, and over measured time."""
    from matplotlib.figure import Figure

    times = milliseconds()
    figure = Figure(figsize=(10, 5.8), layout="constrained")
    work, time = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for checkpoint, spent in rows:
        shade = SHADES[SHOWN[checkpoint.id]]
        dot(work, spent.gmacs, checkpoint, shade)
        spans = [times.get((checkpoint.model, shape(checkpoint), kind)) for kind in ("fp32", "bf16")]
        if all(spans):
            time.plot(spans, [checkpoint.accuracy] * 2, color=shade, lw=1, zorder=1)
            time.scatter(spans[0], checkpoint.accuracy, edgecolor=shade, facecolor="white", s=34)
            dot(time, spans[1], checkpoint, shade)
    for kind, shade in SHADES.items():
        work.scatter([], [], color=shade, label=kind)
    work.legend(fontsize=8, loc="upper left")
    work.set(xscale="log", xlim=(0.6, 1200), xlabel="GMACs of one view", ylim=(66.5, 82.5),
             ylabel="reported top-1 on Kinetics-400, %")
    time.set(xscale="log", xlim=(18, 5000),
             xlabel="milliseconds of one view on 2 threads of a CPU\n(open: fp32, full: bf16)")
    for axis in (work, time):
        axis.grid(alpha=0.25, which="both")
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(FIGURE, metadata={"Date": None})


def dot(axis: Any, across: float, checkpoint: Checkpoint, shade: str) -> None:
    """A network's place, with its name."""
    axis.scatter(across, checkpoint.accuracy, color=shade, s=34)
    left = checkpoint.model in LEFT  # of its place, since on the right another name stands
    axis.annotate(checkpoint.model, (across, checkpoint.accuracy), xytext=(-5 if left else 5, 4),
                  textcoords="offset points", ha="right" if left else "left", fontsize=7, color="#333333")


def main() -> None:
    """Draw the figure and write the table."""
    rows = [(all_checkpoints()[name], cost(all_checkpoints()[name])) for name in SHOWN]
    draw(rows)
    put("choose", table(rows), PAGE)


if __name__ == "__main__":
    main()
