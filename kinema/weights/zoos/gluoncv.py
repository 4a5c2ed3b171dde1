"""dmlc/gluon-cv, its networks in torch: r2plus1d of two kinds and ir-csn.

The second kinds (v2) are VMZ's networks; their names are those of VMZ's blobs.
"""

import torch

from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.resnet3d import meaning
from kinema.weights.zoos.zoo import Weights, Zoo

V1 = (
    (r"^conv1\.", "stem.space."), (r"^bn1\.", "stem.norm."), (r"^conv2\.", "stem.time."), (r"^bn2\.", "bn1."),
    (r"^stem\.", "conv1."),
    (r"\.conv(\d)\.conv1\.", r".conv\1.space."), (r"\.conv(\d)\.bn1\.", r".conv\1.norm."),
    (r"\.conv(\d)\.conv2\.", r".conv\1.time."),
)
V2 = ((r"\.down_sample\.", ".downsample."), (r"^out_fc\.", "fc."))
V2_SPLIT = (
    (r"^conv1\.", "conv1.time."), (r"^conv1_middle\.", "conv1.space."), (r"^bn1_middle\.", "conv1.norm."),
    (r"\.conv2\.", ".conv2.time."), (r"\.conv2_middle\.", ".conv2.space."), (r"\.bn2_middle\.", ".conv2.norm."),
)
V2_CSN = ((r"\.conv3\.", ".conv2."), (r"\.bn3\.", ".bn2."), (r"\.conv4\.", ".conv3."), (r"\.bn4\.", ".bn3."))
EPS = 1e-3


def with_statistics(weights: Weights) -> Weights:
    """Batch norms that only multiply and add (frozen ones may be so) given the statistics that change nothing."""
    added: Weights = {}
    for key, value in weights.items():
        norm = key.removesuffix(".weight")
        if norm.split(".")[-1].startswith(("bn", "norm")) and norm != key and f"{norm}.running_mean" not in weights:
            added |= {key: value.flatten(), f"{norm}.running_mean": torch.zeros_like(value.flatten()),
                      f"{norm}.running_var": torch.full_like(value.flatten(), 1 - EPS)}
    return {**weights, **added}


ZOOS = (
    Zoo("gluoncv r2plus1d v1", r"^layer1\.0\.conv2\.conv1\.weight$", V1 + RESNET, refine=meaning()),
    Zoo("gluoncv r2plus1d v2", r"^conv1_middle\.weight$", V2 + V2_SPLIT + RESNET, finish=with_statistics,
        refine=meaning(norm_eps=EPS)),
    Zoo("gluoncv ir-csn v2", r"^layer1\.0\.down_sample\.0\.weight$", V2 + V2_CSN + RESNET, finish=with_statistics,
        refine=meaning(norm_eps=EPS)),
)
