"""The fenced blocks of the documentation, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / "recipes").rglob("*.md")), ROOT / "benchmarks" / "RESULTS.md"]
RUN = ("sh", "python")
SHOWN = ("text", "json", "yaml", "ini")  # what is no program: files, and what a terminal shows


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, in which language it is, and its text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        """For messages: page:line."""
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = path.read_text(encoding="utf-8")
    page = str(path.relative_to(ROOT))
    return [Block(page, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
            for found in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.S | re.M)]


def commands(block: Block) -> Iterator[str]:
    """The commands of a block of shell: lines that end in a backslash go on, comments are left out."""
    for line in block.text.replace("\\\n", " ").splitlines():
        command = re.sub(r"(^|\s)#.*", "", line).strip()
        if command:
            yield command


def inline(path: Path) -> list[str]:
    """The calls of `kinema` that stand within the words of a page."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    return [" ".join(found.split()) for found in re.findall(r"`(kinema [a-z][^`]*)`", text)]


def split(command: str) -> list[str]:
    """The words of a command."""
    return shlex.split(command.replace("\\|", "|"))


def options(path: Path) -> set[str]:
    """The options of ours that stand within the words of a page; in a table beside another library's, on our side."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    if path.name.startswith("from-"):
        text = "\n".join(line.rstrip("|").rpartition("|")[2] if line.startswith("|") else line
                         for line in text.splitlines())
    own = [code for code in re.findall(r"`(-[^`]*)`", text)]
    return {option for code in own for option in re.findall(r"(?:^|\s)(--[a-z][\w-]*)", code)}
