"""V-Sense/ACTION-Net (Wang et al., arXiv:2103.07372): action over ResNets and MobileNetV2."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.mobilenet import FEATURES, HEADS
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
MOBILENET = Zoo("action-net mobilenet_v2", r"features\.\d+\.conv\.0\.action_shift\.weight$", (
    *HEADS, (r"^features\.(\d+)\.conv\.0\.action_", r"backbone.blocks.\1.before."), *FEATURES, *EXCITE))
