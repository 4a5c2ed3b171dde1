"""Which of kinema's networks the rows of the published table of costs are: one file a family, this is their table.

A row is named by (model, frames, crop), as in tests/reference/flops_table.json.
"""

from tests.models.costs import resnet3d
from tests.models.costs.row import Cost

COSTS: dict[tuple[str, int, int], Cost] = {**resnet3d.COSTS}
