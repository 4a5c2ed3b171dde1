"""Which networks the figures of published implementations are of: one file a family, this is their table."""

from tests.weights.vectors import modules, transformers
from tests.weights.vectors.row import Row

VECTORS: dict[str, Row] = {**modules.VECTORS, **transformers.VECTORS}
