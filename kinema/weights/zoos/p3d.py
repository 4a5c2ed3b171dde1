"""qijiezhao/pseudo-3d-pytorch (Qiu et al., arXiv:1711.10305): p3d over ResNets whose stride is in a first convolution.

A block of the last stage, which sees each frame alone, calls its convolution over pixels `conv_normal`.
"""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.resnet3d import meaning
from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^conv1_custom\.", "conv1."),
    (r"(\.\d+)\.conv2\.", r"\1.conv2.space."), (r"(\.\d+)\.bn2\.", r"\1.conv2.space_norm."),
    (r"(\.\d+)\.conv3\.", r"\1.conv2.time."), (r"(\.\d+)\.bn3\.", r"\1.conv2.time_norm."),
    (r"\.conv_normal\.", ".conv2."), (r"\.bn_normal\.", ".bn2."),
    (r"\.conv4\.", ".conv3."), (r"\.bn4\.", ".bn3."),
)

ZOO = Zoo("p3d", r"^conv1_custom\.weight$", RULES + RESNET, refine=meaning(stem_step=2, stride_first=True))
