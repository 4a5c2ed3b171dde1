"""Broken files: some of those of `make soak` through a server here, and its table, which holds all of them."""

import re
from pathlib import Path

import pytest

from benchmarks.mutants import HOW, KINDS, mutant, sources
from benchmarks.soak_files import KNOWN, send
from tests.serving.conftest import Served

PAGE = Path(__file__).parents[2] / "docs" / "soak.md"
FILES = 10_000


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The small videos that are broken."""
    return sources(tmp_path_factory.mktemp("videos"), None)


def test_a_number_is_always_the_same_broken_file(videos: dict[str, bytes]) -> None:
    assert len(videos) > len(HOW) // 2
    first, again = ([mutant(number, videos) for number in range(80)] for _ in range(2))
    assert first == again
    assert {one.kind for one in first} == {*KINDS}
    assert sum(one.content == videos[one.source] for one in first) < 8
    assert len({one.content for one in first}) > 72


@pytest.mark.slow
def test_broken_files_are_read_or_refused_in_words(served: Served, videos: dict[str, bytes]) -> None:
    ended = [send(served.client, mutant(number, videos))["outcome"] for number in range(5000, 5040)]
    assert {"read", "unreadable"} <= {*ended} <= {*KNOWN}


def test_the_soaks_table_holds_every_file() -> None:
    part = PAGE.read_text(encoding="utf-8").partition("<!-- files -->")[2].partition("<!-- /files -->")[0]
    if not part.strip():
        pytest.skip("the broken files were not sent yet: make soak")
    assert f" {FILES} broken files" in part
    assert "Crashes of the server: 0" in part
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()
                      if line.startswith("|")]
    assert {*head[2:]} <= {*KNOWN.values()}
    counts = {name: [int(each) for each in row] for name, *row in rows}
    assert [*counts] == [*KINDS, "all"]
    for name, (total, *each) in counts.items():
        assert total == sum(each) == (FILES if name == "all" else FILES // len(KINDS))
    slowest, limit = (float(number) for number in re.findall(r"took ([\d.]+) s; the limit is (\d+) s", part)[0])
    assert slowest <= limit + 5
