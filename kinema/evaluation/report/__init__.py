"""An evaluation as one page that needs nothing but itself: figures, sentences and playable clips inside."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from kinema.evaluation.result import Evaluation


def write_report(evaluations: Evaluation | Sequence[Evaluation], out: str | Path | None = None) -> Path:
    """Write report.html about one evaluation, or about several side by side; return its path.

    out: the file; None: the `page` of the (first) evaluation. Clips whose files are gone are left out.
    """
    from jinja2 import Environment
    from markupsafe import Markup

    from kinema.evaluation.report import words
    from kinema.evaluation.report.chapter import VIDEO_BYTES, chapter
    from kinema.evaluation.report.side_by_side import Whisker, side_by_side
    from kinema.files import write_atomic

    several = [evaluations] if isinstance(evaluations, Evaluation) else list(evaluations)
    path = Path(out) if out is not None else several[0].page
    share = VIDEO_BYTES // (len(several) + (len(several) > 1))
    chapters = [chapter(each, f"run-{place}", share) for place, each in enumerate(several, 1)]
    comparison = side_by_side(several, [each["id"] for each in chapters], share) if len(several) > 1 else None
    said = comparison or chapters[0]

    def part(name: str) -> str:
        return files(__name__).joinpath(name).read_text(encoding="utf-8")

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["drawn"] = Markup
    environment.globals.update(percent=words.percent, count=words.count, whisker=Whisker.of)
    page = environment.from_string(part("page.html")).render(
        title=f"{', '.join(each.about.model for each in several)} · kinema", style=Markup(part("page.css")),
        script=Markup(part("page.js")), headline=said["headline"], explanation=said["explanation"],
        comparison=comparison, chapters=chapters,
    )
    write_atomic(path, lambda unfinished: unfinished.write_text(page, encoding="utf-8"))
    return path
