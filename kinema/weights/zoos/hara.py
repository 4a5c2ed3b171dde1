"""kenshohara/3D-ResNets-PyTorch (Hara et al., arXiv:1711.09577 and arXiv:2004.04968).

Its 3-D ResNets have the names of torchvision's ResNets, so their key map is that one; a stem over seven frames tells.
"""

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.resnet3d import hara
from kinema.weights.zoos.zoo import Zoo

SPLIT = (
    (r"^conv1_s\.", "conv1.space."), (r"^bn1_s\.", "conv1.norm."),
    (r"^conv1_t\.", "conv1.time."), (r"^bn1_t\.", "bn1."),
    (r"\.conv(\d)_s\.", r".conv\1.space."), (r"\.bn(\d)_s\.", r".conv\1.norm."),
    (r"\.conv(\d)_t\.", r".conv\1.time."), (r"\.bn(\d)_t\.", r".bn\1."),
)
DENSE = (
    (r"^features\.conv[01]\.", "backbone.stem.conv."),
    (r"^features\.norm[01]\.", "backbone.stem.bn."),
    (r"^features\.norm5\.", "backbone.norm."),
    (r"^features\.denseblock(\d)\.denselayer(\d+)\.", r"backbone.stages.\1.\2.branch."),
    (r"\.branch\.norm\.?(\d)\.", r".branch.bn\1."),
    (r"\.branch\.conv\.(\d)\.", r".branch.conv\1."),
    (r"^features\.transition1\.norm\.", "backbone.stages.2.between.bn."),
    (r"^features\.transition2\.norm\.", "backbone.stages.3.between.bn."),
    (r"^features\.transition3\.norm\.", "backbone.stages.4.between.bn."),
    (r"^features\.transition1\.", "backbone.stages.2.between."),
    (r"^features\.transition2\.", "backbone.stages.3.between."),
    (r"^features\.transition3\.", "backbone.stages.4.between."),
)


ZOOS = (
    Zoo("hara r2plus1d", r"^conv1_s\.weight$", SPLIT + RESNET, refine=hara),
    Zoo("hara densenet", r"^features\.denseblock1\.denselayer1\.", DENSE, refine=hara),
)
