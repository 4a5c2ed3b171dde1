"""The temporal modules: how the blocks of a backbone see neighbouring frames. One module a file; this is their table.

A new module is a file with a dataclass that overrides one question of `Temporal`, and a row here.
"""

from kinema.models.temporal.action import Action
from kinema.models.temporal.base import Temporal
from kinema.models.temporal.c2d import C2D
from kinema.models.temporal.csn import IPCSN, IRCSN
from kinema.models.temporal.early import Early
from kinema.models.temporal.encoder import Encoder
from kinema.models.temporal.gate import Gate
from kinema.models.temporal.gsm import GSM
from kinema.models.temporal.gst import GST
from kinema.models.temporal.i3d import I3D
from kinema.models.temporal.i3d_fair import I3DFair
from kinema.models.temporal.late import Late
from kinema.models.temporal.lstm import LSTM
from kinema.models.temporal.nonlocal_ import NonLocal
from kinema.models.temporal.online import OnlineTSM
from kinema.models.temporal.p3d import P3D
from kinema.models.temporal.pooling import Pooling
from kinema.models.temporal.r2plus1d import R2Plus1D
from kinema.models.temporal.r3d import MC3, R3D
from kinema.models.temporal.s3d import S3D
from kinema.models.temporal.se import SE
from kinema.models.temporal.single import Single
from kinema.models.temporal.slow import Slow
from kinema.models.temporal.slow_fusion import SlowFusion
from kinema.models.temporal.stm import STM
from kinema.models.temporal.stnet import StNet
from kinema.models.temporal.tam import TAM
from kinema.models.temporal.tanet import TANet
from kinema.models.temporal.teinet import TEINet
from kinema.models.temporal.tin import TIN
from kinema.models.temporal.together import together
from kinema.models.temporal.transformer import Transformer
from kinema.models.temporal.trn import TRN, MultiScaleTRN
from kinema.models.temporal.tsm import TSM
from kinema.models.temporal.tsn import TSN

MODULES: dict[str, type[Temporal]] = {
    "tsn": TSN, "tsm": TSM, "tin": TIN, "tam": TAM, "tanet": TANet, "i3d": I3D, "s3d": S3D,
    "r3d": R3D, "mc3": MC3, "r2plus1d": R2Plus1D, "ircsn": IRCSN, "ipcsn": IPCSN, "p3d": P3D,
    "online_tsm": OnlineTSM,
    "gsm": GSM, "trn": TRN, "trn_multiscale": MultiScaleTRN, "stnet": StNet,
    "gst": GST, "stm": STM, "teinet": TEINet, "action": Action,
    "c2d": C2D, "i3d_fair": I3DFair, "slow": Slow,
    "lstm": LSTM, "transformer": Transformer, "pooling": Pooling,  # over the features of frames
    "single": Single, "early": Early, "late": Late, "slow_fusion": SlowFusion,  # where the first frames meet
    "tsn": TSN, "tsm": TSM, "tin": TIN, "tam": TAM, "tanet": TANet, "i3d": I3D, "s3d": S3D, "encoder": Encoder,
}
ADDED: dict[str, type[Temporal]] = {"se": SE, "gate": Gate, "nonlocal": NonLocal}  # to a module above: `i3d+se`

__all__ = ["ADDED", "MODULES", "Temporal", "together"]
