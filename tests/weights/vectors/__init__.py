"""Which networks the figures of published implementations are of: one file a family, put together here."""

from importlib import import_module
from pkgutil import iter_modules

from tests.weights.vectors.row import Row

VECTORS: dict[str, Row] = {}
for file in iter_modules(__path__):
    VECTORS |= getattr(import_module(f"{__name__}.{file.name}"), "VECTORS", {})
