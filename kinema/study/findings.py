"""What a study is asked: findings one by one, each a sentence and the numbers that bear it out or do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kinema.study.claims import Judged, Part, judge, together
from kinema.study.measure import Table


@dataclass(frozen=True)
class Finding:
    """A short name, what is said, and the parts of it, measured in a table, all of which have to hold."""

    name: str
    sentence: str
    parts: Callable[[Table], Sequence[Part]]


@dataclass(frozen=True)
class Verdict:
    """A finding, the judged parts, and what follows."""

    name: str
    sentence: str
    parts: tuple[Judged, ...]

    @property
    def verdict(self) -> str:
        """Holds, does not hold, or undecided."""
        return together(self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"name": self.name, "sentence": self.sentence, "verdict": self.verdict, "parts": [
            {"what": part.what, "claim": part.claim.text, "verdict": part.verdict, "why": part.why,
             "value": part.number and part.number.value, "low": part.number and part.number.low,
             "high": part.number and part.number.high, "seeds": part.number and part.number.seeds}
            for part in self.parts]}


def all_findings() -> tuple[Finding, ...]:
    """Those of Chen et al. (arXiv:2010.11757), those of single- and two-stream networks, and common pitfalls."""
    from kinema.study.findings_paper import FINDINGS as PAPER
    from kinema.study.findings_pitfalls import FINDINGS as PITFALLS

    return (*PAPER, *PITFALLS)


def findings(table: Table, asked: Sequence[Finding] | None = None) -> list[Verdict]:
    """What a table says of each finding."""
    return [Verdict(one.name, one.sentence, tuple(judge(part) for part in one.parts(table)))
            for one in (all_findings() if asked is None else asked)]


def markdown(found: Sequence[Verdict]) -> str:
    """The verdicts as a list, each with its numbers."""
    lines = []
    for one in found:
        lines += [f"**{one.verdict}**: {one.sentence}"]
        lines += [f"- {part.text}" for part in one.parts]
        lines += [""]
    return "\n".join(lines)
