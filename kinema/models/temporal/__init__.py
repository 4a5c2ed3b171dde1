"""The temporal modules: how the blocks of a backbone see neighbouring frames. One module a file; this is their table.

A new module is a file with a dataclass that overrides one question of `Temporal`, and a row here.
"""

from kinema.models.temporal.base import Temporal
from kinema.models.temporal.encoder import Encoder
from kinema.models.temporal.i3d import I3D
from kinema.models.temporal.nonlocal_ import NonLocal
from kinema.models.temporal.s3d import S3D
from kinema.models.temporal.se import SE
from kinema.models.temporal.tam import TAM
from kinema.models.temporal.tanet import TANet
from kinema.models.temporal.tin import TIN
from kinema.models.temporal.together import together
from kinema.models.temporal.tsm import TSM
from kinema.models.temporal.tsn import TSN

MODULES: dict[str, type[Temporal]] = {
    "tsn": TSN, "tsm": TSM, "tin": TIN, "tam": TAM, "tanet": TANet, "i3d": I3D, "s3d": S3D, "encoder": Encoder,
}
ADDED: dict[str, type[Temporal]] = {"se": SE, "nonlocal": NonLocal}  # to a module above: `i3d+se`

__all__ = ["ADDED", "MODULES", "Temporal", "together"]
