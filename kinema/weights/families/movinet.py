"""MoViNets: which size, for clips or for streams."""

from kinema.models.backbones.movinet_sizes import SIZES, blocks
from kinema.models.published import PUBLISHED
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    squeeze, excite = (first(shapes, rf"branch\.gate\.{part}\.weight$") for part in ("squeeze", "excite"))
    if squeeze is None or excite is None:
        return []
    stream, split = squeeze[1] == 2 * excite[0], first(shapes, r"branch\.deep\.conv2\.weight$") is not None
    options = {} if split == stream else {"split": split}
    counts = [count(shapes, rf"^backbone\.stages\.{stage}\.(\d+)\.branch\.deep\.") for stage in range(5)]
    names = [name for name, size in SIZES.items() if [len(blocks(text)) for _, _, text in size.stages] == counts]
    return [named(name, stream, options) for name in names]


def named(size: str, stream: bool, options: dict[str, bool]) -> Candidate:
    """The network as published; the larger ones were not, for streams."""
    published = f"{size}_stream" if stream else f"{size}_base"
    return Candidate(published, options) if published in PUBLISHED else Candidate(size, {"stream": stream, **options})
