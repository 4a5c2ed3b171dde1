"""facebookresearch/SlowFast: C2D, I3D and Slow over ResNets, with non-local blocks, and SlowFast.

Pathways and blocks are numbered in names (`s2.pathway0_res1`); the slow pathway, or the only one, is number 0.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
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


def double(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """SlowFast: with non-local blocks the published configurations of 50 layers differ in their rates alone."""
    either = "places" in candidate.options and candidate.options["taps"] == 5 and candidate.model.endswith("resnet50")
    return replace(candidate, open=("alpha",)) if either else candidate


ZOOS = (
    Zoo("pyslowfast slowfast", r"^s1\.pathway1_stem\.conv\.",
        pathway(0, "backbone.slow") + pathway(1, "backbone.fast") + FUSE + LAYERS, refine=double),
    Zoo("pyslowfast resnet", r"^s1\.pathway0_stem\.conv\.weight$", pathway(0, "backbone") + LAYERS, refine=single),
)
