"""Big-little networks: which size, one rate or two, how narrow and shallow the little path is, how TAM blends."""

from kinema.models.backbones.biglittle import COUNTS, STEM
from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families.shapes import count, first

BETAS = (4, 2, 3, 1, 5, 6, 7, 8)  # the usual ones first


def candidates(shapes: Shapes) -> list[Candidate]:
    """The networks that weights under kinema's names may be of."""
    narrow = first(shapes, r"^backbone\.stem\.little\.conv0\.weight$")
    if narrow is None:
        return []
    deep = tuple(count(shapes, rf"^backbone\.stages\.{stage}\.big\.(\d+)\.") for stage in (1, 2, 3))
    shallow = [count(shapes, rf"^backbone\.stages\.{stage}\.little\.(\d+)\.") for stage in (1, 2, 3)]
    last = count(shapes, r"^backbone\.stages\.4\.(\d+)\.")
    counts = (*(blocks + 1 for blocks in deep), last)
    beta = next((b for b in BETAS if [max(1, n // b - 1) for n in counts[:-1]] == shallow), BETAS[0])
    options = {"alpha": STEM // narrow[0], "beta": beta}
    names = [name for name, known in COUNTS.items() if known == counts]
    if mix := first(shapes, r"before\.mix\.weight$"):
        options |= {"taps": mix[2], "depthwise": mix[1] == 1}
        names = [f"blvnet_tam-{name}" for name in names]
    else:
        names = [f"tsn-bl{name}" for name in names]
    return [Candidate(name, options) for name in names]
