"""Phoenix1327/tea-action-recognition (Li et al., arXiv:2004.01398): tea over ResNets."""

from kinema.models.backbones.tea import PARTS
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

INSIDE = (
    (r"\.branch\.me\.(conv|bn)1\.", r".branch.excite.squeeze.\1."),
    (r"\.branch\.me\.conv2\.", ".branch.excite.move."),
    (r"\.branch\.me\.(conv|bn)3\.", r".branch.excite.expand.\1."),
    (rf"\.branch\.shifts\.{PARTS - 1}\.conv\.", ".branch.parts.rest.mix."),
    (r"\.branch\.shifts\.(\d)\.conv\.", r".branch.parts.steps.\1.mix."),
    (r"\.branch\.(conv|bn)s\.(\d)\.", r".branch.parts.steps.\2.\1."),
)

ZOO = Zoo("tea resnet", r"\.shifts\.0\.conv\.weight$", UNWRAP[:2] + RESNET + INSIDE)
