"""chenxuluo/GST-video (Luo and Yuille, arXiv:1909.13130): gst over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

GROUPS = (
    (r"\.branch\.conv2\.weight$", ".branch.conv2.space.weight"),
    (r"\.branch\.Tconv\.weight$", ".branch.conv2.both.weight"),
)

ZOO = Zoo("gst resnet", r"layer1\.0\.Tconv\.weight$", UNWRAP[:2] + RESNET + GROUPS)
