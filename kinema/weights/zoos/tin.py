"""deepcs233/TIN (Shao et al., arXiv:2001.06499) and open-mmlab/mmaction2: tin over ResNets."""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.mmaction2 import RULES
from kinema.weights.zoos.zoo import Zoo

OFFSETS = (
    (r"\.conv1\.net1\.biasnet\.net\.", ".tam.offset_"),
    (r"\.conv1\.net1\.weightnet\.net\.lastlayer\.", ".tam.weight_conv."),
    (r"\.offset_fc\.", ".offset_hidden."),
    (r"\.offset_lastlayer\.", ".offset_out."),
    (r"\.conv1\.net2\.", ".conv1."),
)  # `tam` is what RESNET calls the layer before a branch
MMACTION2_OFFSETS = (
    (r"\.conv1\.conv\.net1\.(offset|weight)_net\.", r".tam.\1_"),
    (r"\.offset_fc1\.", ".offset_hidden."),
    (r"\.offset_fc2\.", ".offset_out."),
    (r"\.conv1\.conv\.net2\.", ".conv1."),
)

MMACTION2 = Zoo("mmaction2 tin", r"^backbone\.layer1\.0\.conv1\.conv\.net1\.", MMACTION2_OFFSETS + RULES + RESNET)
ZOO = Zoo("tin resnet", r"\.conv1\.net1\.biasnet\.", UNWRAP + OFFSETS + RESNET)
