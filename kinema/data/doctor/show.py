"""The doctor's report for people to read."""

from collections import Counter

from kinema.data.doctor.health import KINDS, HealthReport
from kinema.errors import counted

SHOWN = 20  # problems of a kind, or classes, that a text names; json has all


def text(report: HealthReport) -> str:
    """The report as plain lines: what the clips are, what is wrong, what to do."""
    return "\n".join([*overview(report), "", *classes(report), "", *problems(report)])


def overview(report: HealthReport) -> list[str]:
    """How many clips there are, and their sizes."""
    facts = report.to_dict()
    sources = f" from {counted(facts['sources'], 'source')}" if facts["sources"] else ""
    lines = [
        f"{counted(facts['clips'], 'clip')}{sources} in {counted(facts['files'], 'file')}, "
        f"{counted(facts['classes'], 'class')}, "
        f"{facts['total_seconds'] / 60:.1f} minutes"
    ]
    for name, (least, middle, most) in report.ranges().items():
        lines.append(f"  {name.replace('_', ' '):17} {least:.4g} to {most:.4g}, middle {middle:.4g}")
    sizes = report.sizes()
    if sizes:
        others = f" and {len(sizes) - 4} other sizes" if len(sizes) > 4 else ""
        lines.append(f"  {'width x height':17} " + ", ".join(f"{size} ({n})" for size, n in sizes[:4]) + others)
    if facts["split_counts"]:
        lines.append(f"  {'splits':17} " + ", ".join(f"{name} {n}" for name, n in facts["split_counts"].items()))
    return lines + [f"  note: {note}" for note in report.table.notes]


def classes(report: HealthReport) -> list[str]:
    """How many clips each class has: all classes, or of many the largest and the smallest."""
    counts = sorted(report.table.counts().items(), key=lambda item: -item[1])
    width = max((len(name) for name, _ in counts), default=0)
    lines = [f"  {name:{width}} {n}" for name, n in counts]
    if len(lines) > SHOWN:
        half = SHOWN // 2
        lines = [*lines[:half], f"  ... {len(lines) - SHOWN} classes between ...", *lines[-half:]]
    return ["clips of each class", *lines]


def problems(report: HealthReport) -> list[str]:
    """Every kind of problem, with its first cases; then how many clips are without."""
    if not report.problems:
        return [f"No problem was found: all {len(report.table)} clips can be used."]
    lines = []
    for kind, number in Counter(problem.kind for problem in report.problems).items():
        cases = [problem for problem in report.problems if problem.kind == kind]
        lines.append(f"{number} x {kind}: {KINDS[kind][0]}")
        lines += [f"  {problem.text}" for problem in cases[:SHOWN]]
        lines += [f"  ... and {number - SHOWN} more"] if number > SHOWN else []
    clean = len(report.clean())
    return [
        *lines,
        "",
        f"{clean} of {len(report.table)} clips can be used. Nothing was deleted; --clean FILE.csv lists these.",
    ]
