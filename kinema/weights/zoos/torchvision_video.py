"""torchvision's video ResNets (r3d_18, mc3_18, r2plus1d_18), and VMZ's and ig65m-pytorch's, which are built on them.

VMZ's (facebookresearch/VMZ and moabitcoin/ig65m-pytorch; Tran et al., arXiv:1711.11248, arXiv:1904.02811) are the csn
networks and the r2plus1d networks that count the channels between two parts for each convolution.
"""

from collections.abc import Collection

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.resnet3d import as_r3d, with_options
from kinema.weights.zoos.zoo import Zoo

STEM = ((r"^stem\.0\.", "conv1."), (r"^stem\.1\.", "bn1."))
SPLIT_STEM = (
    (r"^stem\.0\.", "conv1.space."), (r"^stem\.1\.", "conv1.norm."),
    (r"^stem\.3\.", "conv1.time."), (r"^stem\.4\.", "bn1."),
)
SPLIT = ((r"\.conv(\d)\.0\.0\.", r".conv\1.space."), (r"\.conv(\d)\.0\.1\.", r".conv\1.norm."),
         (r"\.conv(\d)\.0\.3\.", r".conv\1.time."))
SEPARATED = ((r"\.conv2\.0\.0\.", ".conv2.point."), (r"\.conv2\.0\.1\.", ".conv2.norm."),
             (r"\.conv2\.0\.2\.", ".conv2.depth."))
LAYERS = ((r"\.conv(\d)\.0\.", r".conv\1."), (r"\.conv(\d)\.1\.", r".bn\1."))

VMZ_EPS = 1e-3


def published(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """VMZ's networks have an eps of their own, and its code for torch a pool after the stem of those with bottlenecks.

    (Its own code for Caffe2, which the weights of r2plus1d_152 are converted from, has none.)
    """
    own = as_r3d(candidate)
    if own is None:
        return None
    if own.options.get("middle") == "conv":
        deep = any(".conv3." in key for key in keys)
        return with_options(own, norm_eps=VMZ_EPS, stem_pool="pixels" if deep else "none")
    return with_options(own, **({"norm_eps": VMZ_EPS} if own.model.startswith(("ircsn", "ipcsn")) else {}))


ZOOS = (
    Zoo("vmz ip-csn", r"^layer1\.0\.conv2\.0\.2\.weight$", STEM + SEPARATED + LAYERS + RESNET, refine=published),
    Zoo("torchvision r2plus1d", r"^stem\.3\.weight$", SPLIT_STEM + SPLIT + LAYERS + RESNET, refine=published),
    Zoo("torchvision video resnet", r"^layer1\.0\.conv1\.0\.weight$", STEM + LAYERS + RESNET, refine=published),
)
