"""X3D: which size, and the form of its first shortcut."""

from kinema.models.x3d import SIZES
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first

STAGE = r"^backbone\.stages\.{}\.(\d+)\.branch"
USUAL = ("x3d_m", "x3d_l", "x3d_xl")  # x3d_xs and x3d_s differ from x3d_m in nothing but the clip


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if first(shapes, r"^backbone\.head\.hidden\.weight$") is None:
        return []
    counts = tuple(count(shapes, STAGE.format(stage)) for stage in (1, 2, 3, 4))
    options = {} if first(shapes, r"^backbone\.stages\.1\.0\.shortcut\.bn\.") else {"shortcut_norm": False}
    width = (first(shapes, r"^backbone\.stem\.space\.weight$") or (0,))[0]
    return [Candidate(name, options) for name in USUAL
            if SIZES[name].counts == counts and SIZES[name].widths[0] == width]
