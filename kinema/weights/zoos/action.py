"""V-Sense/ACTION-Net (Wang et al., arXiv:2103.07372): action over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

EXCITE = (
    (r"\.branch\.conv1\.action_", ".before."),
    (r"\.before\.shift\.", ".before.mix."),
    (r"\.before\.p1_conv1\.", ".before.place."),
    (r"\.before\.p2_conv1\.", ".before.channel.time."),
    (r"\.before\.p2_", ".before.channel."),
    (r"\.before\.p3_bn1\.", ".before.norm."),
    (r"\.before\.p3_conv1\.", ".before.move."),
    (r"\.before\.p3_", ".before."),
)

ZOO = Zoo("action-net resnet", r"layer1\.0\.conv1\.action_shift\.weight$", UNWRAP[:3] + RESNET + EXCITE)
