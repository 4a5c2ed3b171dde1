"""C3D: with or without batch norm, and the clip that its first full layer is sized by."""

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import first

PLACES = {16: True, 9: False}  # of the last map of 112 pixels: is the last pool padded?


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    full, last = first(shapes, r"full\.fc6\.weight$"), first(shapes, r"stages\.5\.convb\.weight$")
    if full is None or last is None or full[1] // last[0] not in PLACES:
        return []
    norm = first(shapes, r"stages\.5\.normb\.weight$") is not None
    return [Candidate("c3d", {"norm": norm, "last_pad": PLACES[full[1] // last[0]], "hidden": full[0]})]
