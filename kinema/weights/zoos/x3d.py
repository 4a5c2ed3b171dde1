"""X3D in PyTorchVideo, its form for phones too, PySlowFast and mmaction2 (arXiv:2004.04730), CoX3D in co3d.

Shared rules end in PySlowFast's names of a block's layers: a, b and c are the convolutions of its branch.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Zoo

BRANCH = (
    *((rf"\.branch2\.{letter}\.", f".branch.conv{number}.") for number, letter in enumerate("abc", start=1)),
    *((rf"\.branch2\.{letter}_bn\.", f".branch.bn{number}.") for number, letter in enumerate("abc", start=1)),
    (r"\.branch2\.se\.fc1\.", ".branch.gate.squeeze."),
    (r"\.branch2\.se\.fc2\.", ".branch.gate.excite."),
    (r"\.branch1\.", ".shortcut.conv."),
    (r"\.branch1_bn\.", ".shortcut.bn."),
)
PYSLOWFAST = (
    (r"^s1\.pathway0_stem\.conv_xy\.", "backbone.stem.space."),
    (r"^s1\.pathway0_stem\.conv\.", "backbone.stem.time."),
    (r"^s1\.pathway0_stem\.bn\.", "backbone.stem.bn."),
    *((rf"^s{stage + 1}\.pathway0_res(\d+)\.", rf"backbone.stages.{stage}.\1.") for stage in (1, 2, 3, 4)),
    *BRANCH,
    (r"^head\.conv_5\.", "backbone.head.conv."),
    (r"^head\.conv_5_bn\.", "backbone.head.bn."),
    (r"^head\.lin_5\.", "backbone.head.hidden."),
    (r"^head\.lin_5_bn\.", "backbone.head.hidden_bn."),
    (r"^head\.projection\.", "classifier."),
)
CO3D = (
    (r"(pathway0_res\d+)(\.\d+)+\.branch", r"\1.branch"),
    (r"\.se\.1\.", ".se."),
    *PYSLOWFAST,
)
PYTORCHVIDEO = (
    (r"^model\.", ""),
    (r"^blocks\.0\.conv\.conv_t\.", "backbone.stem.space."),
    (r"^blocks\.0\.conv\.conv_xy\.", "backbone.stem.time."),
    (r"^blocks\.0\.norm\.", "backbone.stem.bn."),
    (r"^blocks\.(\d)\.res_blocks\.(\d+)\.", r"backbone.stages.\1.\2."),
    (r"\.branch2\.norm_b\.0\.", ".branch2.norm_b."),
    (r"\.branch2\.norm_b\.1\.block\.0\.", ".branch2.se.fc1."),
    (r"\.branch2\.norm_b\.1\.block\.2\.", ".branch2.se.fc2."),
    (r"\.branch2\.conv_([abc])\.", r".branch2.\1."),
    (r"\.branch2\.norm_([abc])\.", r".branch2.\1_bn."),
    (r"\.branch1_conv\.", ".branch1."),
    (r"\.branch1_norm\.", ".branch1_bn."),
    *BRANCH,
    (r"^blocks\.5\.pool\.pre_conv\.", "backbone.head.conv."),
    (r"^blocks\.5\.pool\.pre_norm\.", "backbone.head.bn."),
    (r"^blocks\.5\.pool\.post_conv\.", "backbone.head.hidden."),
    (r"^blocks\.5\.pool\.post_norm\.", "backbone.head.hidden_bn."),
    (r"^blocks\.5\.proj\.", "classifier."),
)
MMACTION2 = (
    (r"^backbone\.conv1_s\.conv\.", "backbone.stem.space."),
    (r"^backbone\.conv1_t\.conv\.", "backbone.stem.time."),
    (r"^backbone\.conv1_t\.bn\.", "backbone.stem.bn."),
    (r"^backbone\.layer(\d)\.(\d+)\.", r"backbone.stages.\1.\2."),
    (r"\.downsample\.", ".shortcut."),
    (r"\.conv([123])\.conv\.", r".branch.conv\1."),
    (r"\.conv([123])\.bn\.", r".branch.bn\1."),
    (r"\.se_module\.fc1\.", ".branch.gate.squeeze."),
    (r"\.se_module\.fc2\.", ".branch.gate.excite."),
    (r"^backbone\.conv5\.", "backbone.head."),
    (r"^cls_head\.fc1\.", "backbone.head.hidden."),
    (r"^cls_head\.fc2\.", "classifier."),
)


EFFICIENT = (
    (r"^s1\.pathway0_stem_conv_xy\.kernel\.conv\.", "backbone.stem.space."),
    (r"^s1\.pathway0_stem_conv\.kernel\.conv\.", "backbone.stem.time."),
    (r"^s1\.pathway0_stem_conv\.kernel\.bn\.", "backbone.stem.bn."),
    (r"\._res_proj\.kernel\.conv\.", ".branch1."),
    (r"\._res_proj\.kernel\.bn\.", ".branch1_bn."),
    *((rf"\.layers\.conv_{number}\.kernel\.conv\.", f".branch2.{letter}.") for number, letter in enumerate("abc")),
    *((rf"\.layers\.conv_{number}\.kernel\.bn\.", f".branch2.{letter}_bn.") for number, letter in enumerate("abc")),
    (r"\.layers\.se\.se\.block\.0\.", ".branch2.se.fc1."),
    (r"\.layers\.se\.se\.block\.2\.", ".branch2.se.fc2."),
    (r"^head\.conv_5\.kernel\.bn\.", "head.conv_5_bn."),
    (r"^head\.(conv_5|lin_5)\.kernel\.conv\.", r"head.\1."),
    (r"^projection\.model\.", "classifier."),
    *PYSLOWFAST,
)


def live(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """CoX3D of the same size."""
    return replace(candidate, model=f"co{candidate.model}")


ZOOS = (
    Zoo("pytorchvideo x3d", r"^(model\.)?blocks\.5\.pool\.pre_conv\.", PYTORCHVIDEO),
    Zoo("pytorchvideo efficient x3d", r"^s1\.pathway0_stem_conv_xy\.kernel\.conv\.", EFFICIENT),
    Zoo("co3d cox3d", r"^s2\.pathway0_res0(\.\d+)+\.branch2\.a\.", CO3D, refine=live, open=("head_frames",)),
    Zoo("pyslowfast x3d", r"^s1\.pathway0_stem\.conv_xy\.", PYSLOWFAST),
    Zoo("mmaction2 x3d", r"^backbone\.conv1_s\.conv\.", MMACTION2),
)
