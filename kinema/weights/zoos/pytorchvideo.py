"""facebookresearch/pytorchvideo: C2D, I3D and Slow over ResNets, and SlowFast.

Everything is a numbered block; C2D and I3D have a pool as block 2. (PySlowFast wraps these networks in `model`.) Their
classifiers see windows of the size that they were trained on.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Zoo

LETTERS = tuple(enumerate("abc", start=1))
TRAINED_ON = {"head_size": 224}
PREFIX = (r"^model\.", "")
LAYERS = (
    (r"\.stem\.norm\.", ".stem.bn."),
    (r"\.branch1_conv\.", ".shortcut.conv."),
    (r"\.branch1_norm\.", ".shortcut.bn."),
    *((rf"\.branch2\.norm_{letter}\.", f".branch.bn{number}.") for number, letter in LETTERS),
    *((rf"\.branch2\.conv_{letter}\.", f".branch.conv{number}.") for number, letter in LETTERS),
    (r"^blocks\.\d+\.proj\.", "classifier."),
)


def stages(*blocks: int) -> tuple[tuple[str, str], ...]:
    """The names of the blocks that are stages 1 to 4 of a single pathway, and of its stem."""
    return ((r"^blocks\.0\.", "backbone.stem."), *(
        (rf"^blocks\.{block}\.res_blocks\.", f"backbone.stages.{stage}.") for stage, block in enumerate(blocks, 1)))


PATHWAYS = tuple(rule for number, root in enumerate(("backbone.slow", "backbone.fast")) for rule in (
    (rf"^blocks\.0\.multipathway_blocks\.{number}\.", f"{root}.stem."),
    (rf"^blocks\.(\d)\.multipathway_blocks\.{number}\.res_blocks\.", rf"{root}.stages.\1."),
))
FUSION = (
    (r"^blocks\.(\d)\.multipathway_fusion\.conv_fast_to_slow\.", r"backbone.laterals.\1.0."),
    (r"^blocks\.(\d)\.multipathway_fusion\.norm\.", r"backbone.laterals.\1.1."),
)


def pooled(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """A frame-wise network with a pool over frames is a C2D."""
    return replace(candidate, model=candidate.model.replace("tsn-", "c2d-", 1))


def unpooled(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """An I3D whose blocks follow on each other has no pool."""
    bare = candidate.model.startswith("i3d_fair")
    return replace(candidate, options={**candidate.options, "halve": False}) if bare else candidate


ZOOS = (
    Zoo("pytorchvideo slowfast", r"^(model\.)?blocks\.0\.multipathway_blocks\.1\.conv\.weight$",
        (PREFIX, *PATHWAYS, *FUSION, *LAYERS), options=TRAINED_ON),
    Zoo("pytorchvideo resnet with a pool", r"^(model\.)?blocks\.5\.res_blocks\.0\.branch2\.conv_b\.weight$",
        (PREFIX, *stages(1, 3, 4, 5), *LAYERS), refine=pooled, options=TRAINED_ON),
    Zoo("pytorchvideo resnet", r"^(model\.)?blocks\.4\.res_blocks\.0\.branch2\.conv_b\.weight$",
        (PREFIX, *stages(1, 2, 3, 4), *LAYERS), refine=unpooled, options=TRAINED_ON),
)
