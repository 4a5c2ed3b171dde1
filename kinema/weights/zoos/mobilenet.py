"""MobileNetV2 with tsn or tsm: mit-han-lab/temporal-shift-module and its online demo, mmaction2, torchvision.

Shared rules begin with the names of mit-han-lab: a block is `features.N.conv`, in which layers are numbered.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.models.backbones.mobilenet import GROUPS
from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Zoo

ENDS = (
    (r"^features\.0\.0\.", "backbone.stem.conv."),
    (r"^features\.0\.1\.", "backbone.stem.bn."),
    (r"^features\.18\.0\.", "backbone.last.conv."),
    (r"^features\.18\.1\.", "backbone.last.bn."),
)
FEATURES = (
    (r"\.net\.", "."),
    *ENDS,
    *((rf"^features\.1\.conv\.{place}\.", f"backbone.blocks.1.branch.{name}.")
      for place, name in ((0, "conv2"), (1, "bn2"), (3, "conv3"), (4, "bn3"))),
    *((rf"^features\.(\d+)\.conv\.{place}\.", rf"backbone.blocks.\1.branch.{name}.")
      for place, name in ((0, "conv1"), (1, "bn1"), (3, "conv2"), (4, "bn2"), (6, "conv3"), (7, "bn3"))),
)
TORCHVISION = (
    (r"\.net\.", "."),
    *ENDS,
    *((rf"^features\.1\.conv\.{place}\.", f"backbone.blocks.1.branch.{name}.")
      for place, name in ((r"0\.0", "conv2"), (r"0\.1", "bn2"), (1, "conv3"), (2, "bn3"))),
    *((rf"^features\.(\d+)\.conv\.{place}\.", rf"backbone.blocks.\1.branch.{name}.")
      for place, name in ((r"0\.0", "conv1"), (r"0\.1", "bn1"), (r"1\.0", "conv2"), (r"1\.1", "bn2"), (2, "conv3"),
                          (3, "bn3"))),
    (r"^classifier\.1\.", "classifier."),
)
HEADS = (
    (r"^(base_model|backbone)\.", ""),
    (r"^(new_fc|fc|cls_head\.fc_cls)\.", "classifier."),
)
PLACES = [(group, index) for group, (_, count, _, _) in enumerate(GROUPS, start=1) for index in range(count)]
MMACTION2 = (
    *HEADS,
    (r"\.net\.", "."),
    (r"^conv1\.", "backbone.stem."),
    (r"^conv2\.", "backbone.last."),
    *((rf"^layer{group}\.{index}\.conv\.", f"backbone.blocks.{block}.layers.")
      for block, (group, index) in enumerate(PLACES, start=1)),
    (r"^backbone\.blocks\.1\.layers\.1\.", "backbone.blocks.1.layers.2."),  # the first block does not expand
    (r"^backbone\.blocks\.1\.layers\.0\.", "backbone.blocks.1.layers.1."),
    *((rf"\.layers\.{layer}\.(conv|bn)\.", rf".branch.\g<1>{layer + 1}.") for layer in range(3)),
)


def shifted(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """A tsn in which layers are wrapped is a tsm: a shift has no weights of its own."""
    wrapped = any(".net." in key for key in keys)
    return replace(candidate, model=candidate.model.replace("tsn-", "tsm-")) if wrapped else candidate


def online(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The online demo holds one network only."""
    return replace(candidate, model=candidate.model.replace("tsn-", "online_tsm-"))


ONLINE = Zoo("mit-tsm online mobilenet_v2", r"^features\.1\.conv\.4\.running_mean$", FEATURES, refine=online)
ZOOS = (
    Zoo("mit-tsm mobilenet_v2", r"^base_model\.features\.1\.conv\.4\.", HEADS + FEATURES, refine=shifted),
    Zoo("mmaction2 mobilenet_v2", r"^backbone\.layer7\.0\.conv\.2\.conv\.", MMACTION2, refine=shifted),
    Zoo("torchvision mobilenet_v2", r"features\.1\.conv\.0\.0\.", HEADS + TORCHVISION, refine=shifted),
)
