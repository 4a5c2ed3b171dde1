"""MoViNets: which size, for clips or for streams."""

from kinema.models.movinet_sizes import SIZES, blocks
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    stream = first(shapes, r"branch\.deep\.conv2\.weight$") is not None
    counts = [count(shapes, rf"^backbone\.stages\.{stage}\.(\d+)\.branch\.deep\.") for stage in range(5)]
    found = [name for name, size in SIZES.items() if [len(blocks(text)) for _, _, text in size.stages] == counts]
    published = [f"{name}_stream" if stream else f"{name}_base" for name in found]
    return [Candidate(name) for name in published]
