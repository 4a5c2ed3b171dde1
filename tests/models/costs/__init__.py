"""Which of kinema's networks the rows of the published table of costs are: one file a family, put together here.

A row is named by (model, frames, crop), as in tests/reference/flops_table.json.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.models.costs.row import Cost

Key = tuple[str, int | str, int | None]

COSTS: dict[Key, Cost] = {}
for file in iter_modules(__path__):
    COSTS |= getattr(import_module(f"{__name__}.{file.name}"), "COSTS", {})
