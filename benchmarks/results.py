"""What every measurement of speed has in common: a machine that is left alone, and a table in benchmarks/RESULTS.md."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import torch

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "RESULTS.md"


def begin(threads: int) -> None:
    """Let PyTorch have so many threads; SystemExit where idle ones of one side would slow down the other."""
    if os.environ.get("OMP_WAIT_POLICY") != "PASSIVE":
        raise SystemExit("Set OMP_WAIT_POLICY=PASSIVE before Python starts, so that idle threads slow down nobody.")
    torch.set_num_threads(threads)


def current_commit() -> str:
    """The commit that is checked; with a + where files of kinema differ from it."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "kinema") else "")


def today() -> str:
    """The date, by the clock of Greenwich."""
    return datetime.now(UTC).date().isoformat()


def measured_by(command: str) -> str:
    """Which command measured something, of what and when."""
    return f"`python -m {command}` at commit {current_commit()}, {today()}."


def put(what: str, words: str, page: Path = PAGE) -> None:
    """Write a part of a page between its marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(f"<!-- {what} -->")
    after = rest.partition(f"<!-- /{what} -->")[2]
    page.write_text(f"{before}<!-- {what} -->\n{words}\n<!-- /{what} -->{after}", encoding="utf-8")
