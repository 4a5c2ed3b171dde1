"""The documentation's blocks are run: each page in a folder of its own, from its first block to its last."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import kinema
from tests.docs.blocks import PAGES, ROOT, Block, blocks_of, commands, split
from tests.docs.running import NOT_RUN, python_statements, smaller, why_not

WITH_CODE = [page for page in PAGES if any(block.language in ("sh", "python") for block in blocks_of(page))]
FINDS_NOTHING = ("kinema data check", "kinema archive search")  # that end with 1 where all is well, or nothing is found


def statements(block: Block) -> list[str]:
    """What a block does, one after the other."""
    return list(commands(block) if block.language == "sh" else python_statements(block.text))


ALL = [(block, statement) for page in PAGES for block in blocks_of(page) if block.language in ("sh", "python")
       for statement in statements(block)]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_CODE, ids=[str(page.relative_to(ROOT)) for page in WITH_CODE])
def test_the_blocks_of_a_page_run(
    page: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [block for block in blocks_of(page) if block.language in ("sh", "python")]
    if all(why_not(statement) for block in wanted for statement in statements(block)):
        return
    shutil.copytree(prepared, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("KINEMA_OFFLINE", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    known: dict[str, object] = {}
    for block in wanted:
        for statement in statements(block):
            if why_not(statement):
                continue
            try:
                if block.language == "python":
                    exec(smaller(statement), known)
                else:
                    run(smaller(statement))
            except (Exception, SystemExit) as error:
                raise AssertionError(f"{block.where}: {statement}: {type(error).__name__}: {error}") from error


def run(command: str) -> None:
    """Run a command of a block: one of kinema's in this process (but for those that start it anew), else in a shell."""
    if not command.startswith("kinema ") or re.search(r" [|>] | --devices ", command):
        command = re.sub("^kinema ", f"{sys.executable} -m kinema ", re.sub("^python ", f"{sys.executable} ", command))
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    words = [found for word in split(command)[1:]
             for found in (sorted(map(str, Path().glob(word))) if "*" in word else []) or [word]]
    if words[:2] == ["data", "make"]:
        shutil.rmtree(words[3], ignore_errors=True)
    kinema(*words)


def test_what_is_not_run_is_little_and_has_a_reason() -> None:
    left = [statement for _, statement in ALL if why_not(statement)]
    assert len(left) < len(ALL) / 2
    for pattern in NOT_RUN:
        assert any(re.search(pattern, statement) for statement in left), f"nothing fits {pattern!r} any more"
