"""The program beside an exported file, which runs it on a video with its runtime, numpy and PyAV alone."""

from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Any

from kinema.data.transforms.boxes import TEST_SIDE
from kinema.data.transforms.inputs import DIFFERENCE_STD, GREY, LEAST_STD
from kinema.inference.export.formats import FACTS, FORMATS


def example_of(path: Path, facts: dict[str, Any]) -> str | None:
    """The program's text, from example.txt; None where the clip is of optical flow, which needs more to be found."""
    from jinja2 import Environment

    clip = facts["clip"]
    if "flow" in clip["input"]:
        return None
    text = files("kinema.inference.export").joinpath("example.txt").read_text(encoding="utf-8")
    spread = str(DIFFERENCE_STD) if clip["input"] == "difference" else f"(change[1:].std(ddof=1) + {LEAST_STD})"
    template = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True).from_string(text)
    return template.render(
        file=path.name, program=quote(program_of(path, facts["format"]).name), package=FORMATS[facts["format"]].package,
        key=FACTS, side=TEST_SIDE, grey=GREY, spread=spread, parts=clip["frames"] // clip["neighbours"],
        cameras=facts["inputs"][0]["shape"][0], **facts)


def program_of(path: Path, form: str) -> Path:
    """Where the program beside a file lies; the format is in its name, as in that of `facts_of`."""
    return path.with_name(f"{path.stem}_{form}_example.py")


def facts_of(path: Path, form: str) -> Path:
    """Where the .json beside a file lies; one network in several formats may lie in one folder."""
    return path.with_name(f"{path.stem}_{form}.json")
