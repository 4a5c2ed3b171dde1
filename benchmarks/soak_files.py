"""Broken video files, ten thousand of them, sent to a real server: it answers each in words and in time, or decodes it.

`python -m benchmarks.soak_files [--files 10000]` goes on where it stopped (.soak/), and writes docs/soak.md.
"""

import argparse
import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from benchmarks.mutants import KINDS, Mutant, mutant, sources
from benchmarks.results import ROOT, current_commit, put, today
from benchmarks.serving import memory_megabytes

PAGE = ROOT / "docs" / "soak.md"
FOLDER = ROOT / ".soak"
COLUMNS = ("number", "kind", "source", "outcome", "seconds", "message", "commit")
READ = "read"
KNOWN = {READ: "read, in part or whole", "unreadable": "unreadable", "too_long": "too long",
         "too_large": "too much memory", "decoder_died": "decoder crashed", "decoder_late": "too slow"}
DECODE_SECONDS, SLACK_SECONDS = 60.0, 5.0
AT_ONCE = 6  # files that are on their way


class SoakError(Exception):
    """The server did what it must not do."""


def outcome_of(answer: Any, broken: Mutant) -> tuple[str, str]:
    """How an answer ends, and its words; SoakError where it is none of those that are allowed."""
    body = answer.json()
    if answer.status_code == 200 and body.get("state") == "done":
        return READ, "; ".join(body["result"]["warnings"])
    if answer.status_code == 422 or body.get("state") == "failed":
        error = body["error"]
        plain = error["message"].endswith((".", "?")) and error["hint"] and len(error["message"]) < 600
        if error["code"] in KNOWN and plain and "Traceback" not in error["message"] and ".soak" not in error["message"]:
            return error["code"], error["message"]
    raise SoakError(f"{broken.name} ({broken.kind}, {broken.source}): {answer.status_code} {answer.text[:500]}")


def send(client: httpx.Client, broken: Mutant) -> dict[str, Any]:
    """Upload a file, and wait for what becomes of it."""
    kind = "timeline" if int(broken.name.partition(".")[0]) % 2 else "recognize"
    answer = client.post(f"/v1/{kind}?wait=60", files={"video": (broken.name, broken.content)})
    if answer.status_code == 202:  # others were slow before it
        client.get(f"{answer.headers['location']}/events")
        answer = client.get(answer.headers["location"])
    outcome, message = outcome_of(answer, broken)
    job = answer.json()
    if "finished" not in job:
        job = client.get(f"/v1/jobs/{job['error']['job']}").json()
    seconds = job["finished"] - job["started"]
    if seconds > DECODE_SECONDS + SLACK_SECONDS:
        raise SoakError(f"{broken.name} took {seconds:.0f} s")
    return {"kind": broken.kind, "source": broken.source, "outcome": outcome, "seconds": f"{seconds:.2f}",
            "message": message}


def serve(folder: Path) -> tuple[Any, str]:
    """A server of a tiny run, with limits like those of a real one but for time."""
    run = folder / "run"
    if not (run / "run.json").is_file():
        from kinema.data.synthetic import make, synthetic_spec

        clips = make(synthetic_spec("motion", clips=24, frames=8, height=32, width=32), folder / "motion", workers=1)
        train(["train", str(clips), "--model", "tam-resnet_tiny", "--frames", "4", "--size", "32", "--epochs", "1",
               "--accelerator", "cpu", "--out", str(run)])
        train(["timeline-train", str(run), "--per-class", "4", "--device", "cpu"])
    shutil.rmtree(folder / "data", ignore_errors=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    limits = ["--decode-seconds", str(DECODE_SECONDS), "--max-seconds", "600", "--keep-gigabytes", "0.05"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kinema", "serve", str(run), "--data", str(folder / "data"), "--port", str(port),
         "--device", "cpu", *limits],
        stderr=(folder / "log").open("w"))
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            httpx.get(f"{url}/healthz")
            return process, url
        except httpx.TransportError:
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text()) from None
            time.sleep(0.2)


def train(words: list[str]) -> None:
    """Run a command of kinema's."""
    subprocess.run([sys.executable, "-m", "kinema", *words], check=True, capture_output=True, env=dict(os.environ))


def table(rows: list[dict[str, str]]) -> list[str]:
    """How many of each kind ended how."""
    counts = Counter((row["kind"], row["outcome"]) for row in rows)
    outcomes = [one for one in KNOWN if any(outcome == one for _, outcome in counts)]
    lines = [f"| mutation | files | {' | '.join(KNOWN[one] for one in outcomes)} |",
             "|---|" + "---:|" * (len(outcomes) + 1)]
    for kind in [*KINDS, "all"]:
        each = [sum(count for (of, how), count in counts.items() if how == one and kind in (of, "all"))
                for one in outcomes]
        lines.append(f"| {kind} | {sum(each)} | {' | '.join(map(str, each))} |")
    return lines


def words(rows: list[dict[str, str]], server: str) -> str:
    """What is written down."""
    slowest = max(float(row["seconds"]) for row in rows)
    commits = sorted({row["commit"] for row in rows})
    made, beside = (len({row["source"] for row in rows if ("/" in row["source"]) is there}) for there in (False, True))
    return "\n".join([
        f"`python -m benchmarks.soak_files` at commit {', '.join(commits)}, {today()}: {len(rows)} broken files of "
        f"{made} videos made here and {beside} from beside the repository, uploaded to `kinema serve`, {AT_ONCE} at a "
        "time, one half for labels, the other for a timeline. Each was read, or refused by an error in words. "
        f"Crashes of the server: 0. The slowest took {slowest:.1f} s; the limit is {DECODE_SECONDS:.0f} s of decoding. "
        f"{server}",
        "", *table(rows)])


def main() -> None:
    """Send what was not sent yet, and write the table when all is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args()
    shared = ROOT.parent / "shared" / "videos" / "zoo"
    videos = sources(given.folder / "videos", shared if shared.is_dir() else None)
    done = given.folder / "files.csv"
    if not done.is_file():
        done.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with done.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["commit"]]
    known = {int(row["number"]) for row in rows}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server ends too
    left = (number for number in range(given.files) if number not in known)
    process, url = serve(given.folder)
    commit, began = current_commit(), time.monotonic()
    try:
        with (httpx.Client(base_url=url, timeout=120) as client, ThreadPoolExecutor(AT_ONCE) as pool,
              done.open("a", newline="", encoding="utf-8") as file):
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            before = memory_megabytes(process.pid)
            while some := list(islice(left, 100)):
                for number, row in zip(some, pool.map(lambda number: send(client, mutant(number, videos)), some),
                                       strict=True):
                    row |= {"number": number, "commit": commit}
                    writer.writerow(row)
                    rows.append({name: str(value) for name, value in row.items()})
                file.flush()
                if process.poll() is not None:
                    raise SoakError(f"the server ended with {process.returncode}: {(given.folder / 'log').read_text()}")
                print(f"{len(rows)} files, {time.monotonic() - began:.0f} s, "
                      f"{memory_megabytes(process.pid):.0f} MB", flush=True)
            for name, content in videos.items():  # whole ones are read as ever, but for those that were broken before
                answer = client.post("/v1/recognize?wait=60", files={"video": (name.rpartition("/")[2], content)})
                if "/" not in name and answer.status_code != 200:
                    raise SoakError(f"{name}: {answer.text}")
            after = memory_megabytes(process.pid)
    finally:
        process.terminate()
        process.wait()
    server = f"Memory of the server and its decoders: {before:.0f} MB after its last start, {after:.0f} MB at the end."
    text = words(rows, server)
    print(text)
    if len(rows) >= 10_000:
        put("files", text, PAGE)


if __name__ == "__main__":
    main()
