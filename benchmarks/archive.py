"""Archives: a kill among 1,000 files, two Ray workers beside one, a search over 10 million windows; docs/archive.md.

python -m benchmarks.archive [--only search|like|kill|ray] [--windows 10000000] [--files 1000] [--videos FOLDER]

search: made-up windows with two labels each of 400, whose frequencies fall off as in real sets (the commonest has a
tenth of all). Each question is another label and least score; the first ones are asked of a file that was never opened.
like: a tenth as many windows, with embeddings of 512 random numbers, each of which is compared.
kill: made-up videos of a second each, one in fifty of them broken; the command is killed when half of them are done.
ray: videos looked at by tam-resnet18 (random weights) on a cluster of this machine, by one worker and by two in turn;
what each takes for a single video is its start.
OMP_WAIT_POLICY is PASSIVE and OMP_NUM_THREADS 1, so that nobody's idle threads slow down the others.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow.parquet
import torch

from benchmarks.results import ROOT, begin, measured_by, put
from kinema.archive.engine import database
from kinema.archive.facts import VERSION, Facts
from kinema.archive.facts import begin as write_facts
from kinema.archive.search import Archive
from kinema.archive.store import Store
from kinema.archive.tables import FAILURES, WINDOWS, files_of, segments
from kinema.data.synthetic import make, synthetic_spec
from kinema.models import ClipSpec, create_model
from kinema.weights.save import save_network

PAGE = ROOT / "docs" / "archive.md"
LABELS, QUESTIONS = 400, 200
WINDOW = "'/archive/' || i // 60000 || '/video-' || i // 60 || '.mp4' AS video, (i % 60)::DOUBLE AS start_seconds"
LABEL = f"'label ' || floor({LABELS} * pow(random(), 2.6))::INT"
KINEMA = [sys.executable, "-m", "kinema", "archive"]


def search(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """How long questions take."""
    store = Store(folder)
    (folder / WINDOWS).mkdir()
    labels = tuple(f"label {k}" for k in range(LABELS))
    write_facts(store, Facts(VERSION, "made up", "none", "none", "fp32", labels, 2.0, 1, 2, 0.0, 0))
    with database(store) as connection:
        connection.execute(f"COPY (SELECT {WINDOW}, start_seconds + 2 AS end_seconds, [{LABEL}, {LABEL}] AS labels, "
                           "[random()::FLOAT, (random() / 3)::FLOAT] AS scores, NULL::FLOAT[] AS embedding "
                           f"FROM range({options.windows}) t(i)) TO '{folder}/windows/run-00000.parquet'")
    start = time.perf_counter()
    size = Path(store.where(segments(store))).stat().st_size / 1e6
    sorting = time.perf_counter() - start
    draw, times = random.Random(0), []
    with Archive(folder) as archive:
        for _ in range(QUESTIONS):
            label, least = f"label {int(LABELS * draw.random() ** 2)}", draw.choice((0.0, 0.5, 0.8, 0.95))
            start = time.perf_counter()
            archive.search(label, least, limit=20)
            times.append(1000 * (time.perf_counter() - start))
    whole = [ran(["search", str(folder), f"label {k}", "--min-score", ".8"]) for k in range(0, LABELS, LABELS // 9)]
    yield head("windows", "rows of segments.parquet", "its size", "sorting it", "a question: median", "p95", "slowest",
               "the whole command: median")
    yield (f"| {options.windows:,} | {2 * options.windows:,} | {size:.0f} MB | {sorting:.0f} s | "
           f"{median(times):.0f} ms | **{np.percentile(times, 95):.0f} ms** | {max(times):.0f} ms | "
           f"{median(whole):.2f} s |")


def like(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """How long it takes to compare a clip with every window."""
    store, rows, wide = Store(folder), options.windows // 10, 512
    (folder / WINDOWS).mkdir()
    write_facts(store, Facts(VERSION, "made up", "none", "none", "fp32", (), 2.0, 1, 0, 0.0, wide))
    with database(store) as connection:
        connection.execute(f"COPY (SELECT {WINDOW}, start_seconds + 2 AS end_seconds, []::VARCHAR[] AS labels, "
                           f"[]::FLOAT[] AS scores, list_transform(range({wide}), lambda k: (hash(i * {wide} + k) "
                           f"% 2000003 / 1000001.0 - 1)::FLOAT) AS embedding FROM range({rows}) t(i)) "
                           f"TO '{folder}/windows/run-00000.parquet'")
    size = (folder / WINDOWS / "run-00000.parquet").stat().st_size / 1e9
    draw, times = np.random.default_rng(0), []
    with Archive(folder) as archive:
        for _ in range(5):
            vector_D = draw.normal(size=wide)
            start = time.perf_counter()
            archive.like(vector_D / np.linalg.norm(vector_D))
            times.append(time.perf_counter() - start)
    yield head("windows", "features", "size", "a question: median of 5", "slowest")
    yield f"| {rows:,} | {wide} | {size:.1f} GB | {median(times):.1f} s | {max(times):.1f} s |"


def ran(words: list[str]) -> float:
    """How many seconds a command of kinema's takes."""
    start = time.perf_counter()
    subprocess.run([*KINEMA, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def head(*columns: str) -> str:
    """The first two lines of a table."""
    return f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def kill(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """A kill when half is done: what is in the index after it, and at the end."""
    made = make(synthetic_spec("motion", clips=100, frames=8, height=32, width=32), folder / "made", workers=2)
    clips, videos = sorted(made.rglob("*.mp4")), folder / "videos"
    videos.mkdir()
    for number in range(options.files):
        path = videos / f"{number:05}.mp4"
        if number % 50 == 25:
            path.write_bytes(b"no video at all")
        else:
            shutil.copy(clips[number % len(clips)], path)
    command = [*KINEMA, "index", "--weights", weights(folder, "tam-resnet_tiny", 4, 32), str(videos), "--out",
               str(folder / "index"), "--device", "cpu", "--json"]
    store = Store(folder / "index")
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(indexed(store)) < options.files / 2 and killed.poll() is None:
        time.sleep(0.2)
    killed.kill()
    killed.wait()
    before = indexed(store)
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    after = indexed(store)
    once = sorted(after) == sorted(map(str, videos.iterdir()))
    yield head("files", "in the index after the kill", "looked at by the second command", "at the end",
               "of them failed", "each exactly once")
    yield (f"| {options.files:,} | {len(before):,} | {told['looked_at']:,} | {len(after):,} | {told['failures']} | "
           f"{'yes' if once else '**no**'} |")


def indexed(store: Store) -> list[str]:
    """The videos in an index, each as often as it is there (a video of a second has one window)."""
    try:
        return [video for table in (WINDOWS, FAILURES) for name in files_of(store, table)
                for video in pyarrow.parquet.read_table(store.where(name), columns=["video"])["video"].to_pylist()]
    except FileNotFoundError:  # merged since its name was read
        return indexed(store)


def weights(folder: Path, name: str, frames: int, size: int) -> str:
    """A file of random weights of a network."""
    torch.manual_seed(0)
    save_network(create_model(name, tuple(f"class {k}" for k in range(10)), clip=ClipSpec(frames, size, size)),
                 folder / f"{name}.safetensors")
    return str(folder / f"{name}.safetensors")


def ray(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """One Ray worker, two, and one process without Ray: the same Parquet, and how long each takes."""
    videos = sorted(options.videos.rglob("*.mp4"))[:options.clips]
    (folder / "list.txt").write_text("\n".join(map(str, videos)))
    network = weights(folder, "tam-resnet18", 8, 224)
    command = ["index", "--weights", network, "--device", "cpu"]
    ways = {"one process": ["--processes", "1"], "one Ray worker": ["--ray", "local", "--processes", "1"],
            "two Ray workers": ["--ray", "local", "--processes", "2"]}
    (folder / "one.txt").write_text(str(videos[0]))
    took: dict[str, list[float]] = {way: [] for way in ways}
    starts: dict[str, list[float]] = {way: [] for way in ways}
    files: dict[str, set[bytes]] = {way: set() for way in ways}
    for _ in range(options.repeats):
        for way, words in ways.items():
            for place, times in (("one.txt", starts), ("list.txt", took)):
                shutil.rmtree(folder / "index", ignore_errors=True)
                times[way].append(ran([*command, str(folder / place), "--out", str(folder / "index"), *words]))
            files[way].add(b"".join(path.read_bytes() for path in sorted((folder / "index").rglob("*.parquet"))))
            print(way, f"{took[way][-1]:.1f} s, of a single video {starts[way][-1]:.1f} s", flush=True)
    work = {way: median(took[way]) - median(starts[way]) for way in ways}
    yield head(f"{len(videos)} videos by", "seconds", "of them the start", "times as fast as one Ray worker",
               "start left out", "the same Parquet as one process")
    for way in ways:
        yield (f"| {way} | {median(took[way]):.1f} | {median(starts[way]):.1f} | "
               f"{median(took['one Ray worker']) / median(took[way]):.2f} | {work['one Ray worker'] / work[way]:.2f} | "
               f"{'yes' if files[way] == files['one process'] and len(files[way]) == 1 else '**no**'} |")


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a measurement."""
    with tempfile.TemporaryDirectory(prefix="kinema-archive-") as folder:
        yield Path(folder)


def main() -> None:
    """Measure what is asked for, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"search": search, "like": like, "kill": kill, "ray": ray}
    parser.add_argument("--only", choices=parts)
    parser.add_argument("--windows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--videos", type=Path, default=ROOT.parent / "shared" / "videos" / "surv-fight")
    parser.add_argument("--clips", type=int, default=240, help="of those videos")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    begin(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in [options.only] if options.only else parts:
        with own_folder() as folder:
            lines = "\n".join(parts[name](folder, options))
        print(lines, flush=True)
        put(name, f"{lines}\n\n{measured_by(f'benchmarks.archive --only {name}')}", PAGE)


if __name__ == "__main__":
    main()
