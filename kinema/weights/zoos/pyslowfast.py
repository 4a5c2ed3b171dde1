"""facebookresearch/SlowFast: C2D, I3D and Slow over ResNets, with non-local blocks, and SlowFast.

Pathways and blocks are numbered in names (`s2.pathway0_res1`); the slow pathway, or the only one, is number 0. Older
files are Caffe2's (`res2_1_branch2a_w`; `t_` for the fast pathway).
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.pytorchvideo import TRAINED_ON
from kinema.weights.zoos.zoo import Zoo

STAGES = (1, 2, 3, 4)
NONLOCAL = {"scale": True, "pool_first": True}


def pathway(number: int, root: str) -> tuple[tuple[str, str], ...]:
    """The names of one pathway's stem and blocks, in the network called `root`."""
    return (
        (rf"^s1\.pathway{number}_stem\.", f"{root}.stem."),
        *((rf"^s{stage + 1}\.pathway{number}_(res|nonlocal)(\d+)\.", rf"{root}.stages.{stage}.\2.\1.")
          for stage in STAGES),
        (r"\.res\.", "."),
        (r"\.nonlocal\.", ".after."),
    )


LAYERS = (
    (r"\.branch1_bn\.", ".shortcut.bn."),
    (r"\.branch1\.", ".shortcut.conv."),
    *((rf"\.branch2\.{letter}_bn\.", f".branch.bn{number}.") for number, letter in enumerate("abc", start=1)),
    *((rf"\.branch2\.{letter}\.", f".branch.conv{number}.") for number, letter in enumerate("abc", start=1)),
    (r"\.after\.conv_theta\.", ".after.query."),
    (r"\.after\.conv_phi\.", ".after.key."),
    (r"\.after\.conv_g\.", ".after.value."),
    (r"\.after\.conv_out\.", ".after.out."),
    (r"\.after\.bn\.", ".after.norm."),
    (r"^head\.projection\.", "classifier."),
)
FUSE = tuple(rule for stage in STAGES for rule in (
    (rf"^s{stage}_fuse\.conv_f2s\.", f"backbone.laterals.{stage - 1}.0."),
    (rf"^s{stage}_fuse\.bn\.", f"backbone.laterals.{stage - 1}.1."),
))
CAFFE2 = (
    (r"_bn_s$", "_bn.weight"),
    (r"_bn_b$", "_bn.bias"),
    (r"_bn_rm$", "_bn.running_mean"),
    (r"_bn_riv$", "_bn.running_var"),
    (r"_w$", ".weight"),
    (r"_b$", ".bias"),
    (r"^pred\.", "head.projection."),
    (r"^nonlocal_conv(\d)_(\d+)_bn\.", r"s\1.pathway0_nonlocal\2.bn."),
    (r"^nonlocal_conv(\d)_(\d+)_(\w+)\.", r"s\1.pathway0_nonlocal\2.conv_\3."),
    (r"^t_pool1_subsample", "s1_fuse"),
    (r"^t_res(\d)_\d+_branch2c_bn_subsample", r"s\1_fuse"),
    (r"^(s\d_fuse)\.", r"\1.conv_f2s."),
    (r"^(s\d_fuse)_bn\.", r"\1.bn."),
    (r"^(?=res|conv1)", "0 "),
    (r"^t_(?=res|conv1)", "1 "),
    (r"^(\d) conv1\.", r"s1.pathway\1_stem.conv."),
    (r"^(\d) res_conv1_bn\.", r"s1.pathway\1_stem.bn."),
    (r"^(\d) res(\d)_(\d+)_branch1", r"s\2.pathway\1_res\3.branch1"),
    (r"^(\d) res(\d)_(\d+)_branch2([abc])", r"s\2.pathway\1_res\3.branch2.\4"),
)
NOT_LEARNED = r"_momentum$|^lr$|^model_iter$|^(t_)?data|^labels|^softmax"
TEACHER = r"^backbone_hist\.|^backbone\.head\.|^(ptr|iter|queue_|knn_mem|memory|swav_)"  # and what compares views


def single(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """A network of one pathway as its configuration has it.

    Frame-wise ones are C2D, with its pool; attention is by softmax, but in Slow, where it is by the dot product.
    """
    module = candidate.model.partition("-")[0].split("+")
    options = {**candidate.options}
    if "nonlocal" in module:
        options |= {**NONLOCAL, "attention": "dot_product" if module[0] == "slow" else "softmax"}
    model = candidate.model.replace("tsn", "c2d", 1) if module[0] == "tsn" else candidate.model
    return replace(candidate, model=model, options=options, open=tuple({*candidate.open} - {"attention"}))


def unpooled(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The same; the C2D that was published for Caffe2 has no pool over frames."""
    found = single(candidate, keys)
    return replace(found, options={**found.options, "halve": False}) if found.model.startswith("c2d-") else found


def double(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """SlowFast: with non-local blocks the published configurations of 50 layers differ in their rates alone."""
    either = "places" in candidate.options and candidate.options["taps"] == 5 and candidate.model.endswith("resnet50")
    return replace(candidate, open=("alpha",)) if either else candidate


BOTH = pathway(0, "backbone.slow") + pathway(1, "backbone.fast") + FUSE + LAYERS
ONE = pathway(0, "backbone") + LAYERS
ZOOS = (
    Zoo("pyslowfast slowfast, caffe2", r"^t_res2_0_branch2a_w$", CAFFE2 + BOTH, drop=NOT_LEARNED,
        refine=double, options=TRAINED_ON),
    Zoo("pyslowfast resnet, caffe2", r"^res2_0_branch2a_w$", CAFFE2 + ONE, drop=NOT_LEARNED,
        refine=unpooled, options=TRAINED_ON),
    Zoo("pyslowfast slowfast", r"^s1\.pathway1_stem\.conv\.", BOTH, refine=double, options=TRAINED_ON),
    Zoo("pyslowfast resnet, contrastive", r"^backbone\.s1\.pathway0_stem\.conv\.weight$", ((r"^backbone\.", ""), *ONE),
        drop=TEACHER, refine=single, options=TRAINED_ON),
    Zoo("pyslowfast resnet", r"^s1\.pathway0_stem\.conv\.weight$", ONE, refine=single, options=TRAINED_ON),
)
