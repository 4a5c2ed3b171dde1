"""All figures and tables of a table of results, as the study of Chen et al. (arXiv:2010.11757) has them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinema.errors import RunError
from kinema.study import plots, protocol_plots, tables
from kinema.study.claims import MissingError
from kinema.study.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: dict[str, Callable[[Sequence[Result]], "Figure"]] = {
    "cost": plots.cost,  # Fig. 1
    "lengths": plots.lengths,  # Fig. 4
    "sampling": protocol_plots.sampling,  # Fig. 5
    "pooling": plots.pooling,  # Fig. 6
    "waterfall": protocol_plots.waterfall,  # Fig. 7
    "clips": protocol_plots.clips,  # Fig. 8
    "contributions": plots.space_and_time,  # Table 7
    "depth": protocol_plots.depth,
}
TABLES = "tables.md"
DOTS_PER_INCH = 130


def draw(results: Sequence[Result], folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Write all figures and tables that a table has the rows for; gives their paths, and why others are left out."""
    drawn, left_out = [], {}
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; expected a folder for the figures.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in FIGURES.items():
        path = folder / f"{name}.png"
        try:
            figure(results).savefig(path, dpi=DOTS_PER_INCH)
        except MissingError as error:
            left_out[f"figure {name}"] = str(error)
            path.unlink(missing_ok=True)
        else:
            drawn.append(path)
    text = []
    for title, table in tables.TABLES.items():
        try:
            text += [f"## {title}", "", *table(results), ""]
        except MissingError as error:
            left_out[f"table {title.partition(':')[0]}"] = str(error)
    if text:
        (folder / TABLES).write_text("\n".join(text), encoding="utf-8")
        drawn.append(folder / TABLES)
    return drawn, left_out
