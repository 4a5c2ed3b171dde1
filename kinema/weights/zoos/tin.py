"""deepcs233/TIN (Shao et al., arXiv:2001.06499): tin over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

OFFSETS = (
    (r"\.conv1\.net1\.biasnet\.net\.", ".tam.offset_"),
    (r"\.conv1\.net1\.weightnet\.net\.lastlayer\.", ".tam.weight_conv."),
    (r"\.offset_fc\.", ".offset_hidden."),
    (r"\.offset_lastlayer\.", ".offset_out."),
    (r"\.conv1\.net2\.", ".conv1."),
)  # `tam` is what RESNET calls the layer before a branch

ZOO = Zoo("tin resnet", r"\.conv1\.net1\.biasnet\.", UNWRAP + OFFSETS + RESNET)
