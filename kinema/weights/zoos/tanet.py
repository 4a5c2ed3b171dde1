"""liu-zhy/temporal-adaptive-module (Liu et al., arXiv:2005.06803): tanet over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

ADAPT = (
    (r"\.tam\.G\.", ".net.conv2.adapt.blend."),
    (r"\.tam\.L\.", ".net.conv2.adapt.weigh."),
    (r"\.net\.conv2\.weight$", ".net.conv2.conv.weight"),
    (r"\.net\.", "."),
)

ZOO = Zoo("tanet resnet", r"\.tam\.G\.0\.weight$", UNWRAP[:2] + ADAPT + RESNET)
