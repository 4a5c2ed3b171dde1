"""What this machine is and can do: its processor by name, the speed of its convolutions and of its memory."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

TABLE = Path(__file__).parent / "peaks.csv"
COLUMNS = ("precision", "threads", "gflops", "gigabytes")  # a second: the most of a convolution, and of a copy
CHANNELS, SIDE, IMAGES = 256, 56, 4  # of the convolution, over 3 x 3 pixels
NUMBERS = 64 << 20  # that are copied
ROUNDS = 40
KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}
ZEN = {25: ((range(0x10, 0x20), "Zen 4"), (range(0x60, 0x80), "Zen 4"), (range(0xA0, 0xB0), "Zen 4"),
            (range(0x100), "Zen 3")), 26: ((range(0x100), "Zen 5"),)}  # AMD's families and models
EXTENSIONS = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_vnni": "VNNI", "avx512_bf16": "bf16", "amx_bf16": "AMX"}


def processor() -> str:
    """The processor, as it tells of itself, and its instructions that matter here."""
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    family, model = int(facts.get("cpu family", 0)), int(facts.get("model", 0))
    amd = ZEN.get(family, ()) if facts.get("vendor_id") == "AuthenticAMD" else ()
    zen = next((f", {name}" for models, name in amd if model in models), "")
    flags = facts.get("flags", "").split()
    has = ", ".join(name for flag, name in EXTENSIONS.items() if flag in flags)
    return f"{facts.get('model name', 'a processor')} (family {family} model {model}{zen}; {has})"


def quickest(run: Callable[[], object]) -> float:
    """The seconds of the quickest of some rounds, after one to warm up."""
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


@torch.inference_mode()
def peak(precision: str, threads: int) -> dict[str, str]:
    """A row of the table."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    like, layout = KINDS[precision], torch.channels_last
    conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False).to(dtype=like, memory_format=layout)
    x_NCHW = torch.randn(IMAGES, CHANNELS, SIDE, SIDE).to(dtype=like, memory_format=layout)
    work = 2 * 9 * IMAGES * SIDE**2 * CHANNELS**2
    numbers, copy = torch.zeros(NUMBERS), torch.zeros(NUMBERS)
    gflops = work / quickest(lambda: conv(x_NCHW)) / 1e9
    gigabytes = 2 * 4 * NUMBERS / quickest(lambda: copy.copy_(numbers)) / 1e9
    torch.set_num_threads(before)
    return dict(zip(COLUMNS, (precision, str(threads), f"{gflops:.0f}", f"{gigabytes:.1f}"), strict=True))


def peaks(threads: int) -> list[dict[str, str]]:
    """Measure with one thread and with so many, and write the table."""
    rows = [peak(precision, count) for precision in KINDS for count in dict.fromkeys((1, threads))]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return rows


def words(rows: list[dict[str, str]]) -> str:
    """The machine and its peaks in a sentence or two."""
    said = "; ".join(
        f"{precision} convolution " + " / ".join(row["gflops"] for row in rows if row["precision"] == precision)
        for precision in KINDS)
    counts = " / ".join(dict.fromkeys(row["threads"] for row in rows))
    copied = " / ".join(row["gigabytes"] for row in rows if row["precision"] == "fp32")
    return (f"Ratios of one run, the sides by turns, on {processor()}. Measured peaks, with {counts} threads: {said} "
            f"GFLOP/s (3 x 3 pixels, {CHANNELS} channels); memory copied at {copied} GB/s.")
