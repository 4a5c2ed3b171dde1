"""ECO: with the rest of BN-Inception beside the 3-D part, or without."""

from kinema.weights.candidate import Candidate, Shapes


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    if "backbone.together.0.weight" not in shapes:
        return []
    name = "eco" if any(key.startswith("backbone.alone.") for key in shapes) else "eco_lite"
    return [Candidate(name)]
