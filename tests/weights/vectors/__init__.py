"""Which networks the figures of published implementations are of: one file a family, this is their table."""

from tests.weights.vectors import hierarchical, modules
from tests.weights.vectors.row import Row

VECTORS: dict[str, Row] = {**modules.VECTORS, **hierarchical.VECTORS}
