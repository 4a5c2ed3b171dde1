"""IBM/action-recognition-pytorch (Chen et al., arXiv:2010.11757): tsn, tam, i3d and s3d; torchvision's ResNets too.

A separated convolution has its parts side by side (`conv2`, `bn2`, `conv2_t`, `bn2_t`); each of tam's taps is a layer.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.resnet3d import hara
from kinema.weights.zoos.zoo import NORM_LEAVES, Zoo

TAPS = (
    (r"\.prev_se\.fc1\.weight$", ".mix.weight@0"),
    (r"\.curr_se\.fc1\.weight$", ".mix.weight@1"),
    (r"\.next_se\.fc1\.weight$", ".mix.weight@2"),
    (r"\.blending_layers\.(\d+)\.fc1\.weight$", r".mix.weight@\1"),
)
RESNET = (
    (r"^conv1\.", "backbone.stem.conv."),
    (r"^bn1\.", "backbone.stem.bn."),
    (r"^layer(\d)\.(\d+)\.tam\.", r"backbone.stages.\1.\2.before."),
    (r"^layer(\d)\.(\d+)\.downsample\.0\.", r"backbone.stages.\1.\2.shortcut.conv."),
    (r"^layer(\d)\.(\d+)\.downsample\.1\.", r"backbone.stages.\1.\2.shortcut.bn."),
    (r"^layer(\d)\.(\d+)\.", r"backbone.stages.\1.\2.branch."),
    (r"^fc\.", "classifier."),
)
INCEPTION = (
    (r"^conv(\d)\.", r"backbone.blocks.conv\1.core."),
    (r"^tam(\d)\.", r"backbone.blocks.conv\1.before."),
    (r"^tam(\d\w)\.", r"backbone.blocks.\1.before."),
    (r"^inception(\d\w)\.", r"backbone.blocks.\1.core."),
    (r"^fc\.", "classifier."),
)
SEPARATED_BASIC = (
    (r"\.conv([12])\.weight$", r".conv\1.space.weight"),
    (rf"\.bn([12])\.({NORM_LEAVES})$", r".conv\1.norm.\2"),
)
SEPARATED_BOTTLENECK = (
    (r"\.conv2\.weight$", ".conv2.space.weight"),
    (rf"\.bn2\.({NORM_LEAVES})$", r".conv2.norm.\1"),
)
SEPARATED_INCEPTION = (
    (r"(conv3\.core|branch[23]\.1)\.conv\.weight$", r"\1.conv.space.weight"),
    (rf"(conv3\.core|branch[23]\.1)\.bn\.({NORM_LEAVES})$", r"\1.conv.norm.\2"),
)
TIME = (
    (r"\.conv(\d?)_t\.", r".conv\1.time."),
    (r"\.bn(\d?)_t\.", r".bn\1."),
)

OPEN = ("tp", "pool")  # a pool over frames has no weights


def meant(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """What is open of a network with these names.

    Slow has them too, in GluonCV and the baselines of TPN, and never pools over frames; so have Hara's. An i3d strides
    where others pool.
    """
    if candidate.model.startswith("slow-"):
        return replace(candidate, open=())
    if candidate.model.startswith("i3d-"):
        candidate = replace(candidate, open=tuple(option for option in candidate.open if option != "pool"))
    return hara(candidate, keys)


ZOOS = (
    Zoo("ibm s3d inception", r"^inception3a\.branch2\.1\.conv_t\.", INCEPTION + SEPARATED_INCEPTION + TIME, open=OPEN),
    Zoo("ibm s3d resnet, basic blocks", r"^layer1\.0\.conv1_t\.", RESNET + SEPARATED_BASIC + TIME, open=("tp",)),
    Zoo("ibm s3d resnet, bottlenecks", r"^layer1\.0\.conv2_t\.", RESNET + SEPARATED_BOTTLENECK + TIME, open=("tp",)),
    Zoo("ibm inception", r"^inception3a\.branch2\.", INCEPTION + TAPS, open=OPEN),
    Zoo("ibm, torchvision, gluoncv or hara resnet", r"^layer1\.0\.conv1\.weight$", RESNET + TAPS, open=OPEN,
        refine=meant),
)
