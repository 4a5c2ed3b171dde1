"""mit-han-lab/temporal-shift-module (Lin et al., arXiv:1811.08383): tsn and tsm, with non-local blocks, over ResNets.

Where channels are shifted or a non-local block is added, the original layer is wrapped (`net`, `block`): a
convolution, or a whole block whose shortcut sees shifted channels too. So is a stage before which frames are pooled.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.zoo import Zoo

UNWRAP = (
    (r"^base_model\.", ""),
    (r"^new_fc\.", "fc."),
    (r"\.net\.weight$", ".weight"),
    (r"\.block\.", "."),
    (r"^(layer\d)\.net\.", r"\1."),
    (r"(layer\d\.\d+)\.net\.", r"\1."),
)
NONLOCAL = (
    (r"\.branch\.nl\.", ".after."),
    (r"\.after\.g\.(0\.)?", ".after.value."),
    (r"\.after\.phi\.(0\.)?", ".after.key."),
    (r"\.after\.theta\.", ".after.query."),
    (r"\.after\.W\.0\.", ".after.out."),
    (r"\.after\.W\.1\.", ".after.norm."),
)
WHOLE = r"layer\d(\.net)?\.\d+(\.block)?\.net\."


def shifted(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """A tsn whose convolutions are wrapped is a tsm: a shift has no weights of its own.

    Frames are pooled before a stage only where channels are shifted too.
    """
    halve = next((int(found[1]) for key in keys if (found := re.search(r"layer(\d)\.net\.", key))), 0)
    whole = any(re.search(WHOLE, key) for key in keys)
    if not whole and not any(re.search(r"conv1\.(conv\.)?net\.weight$", key) for key in keys):
        return None if halve else candidate
    options = {**candidate.options, **({"before": "block"} if whole else {}), **({"halve": halve} if halve else {})}
    return replace(candidate, model=re.sub(r"^tsn\b", "tsm", candidate.model), options=options)


ZOO = Zoo("mit-tsm resnet", r"^base_model\.layer1\.0\.(net\.)?conv1\.(net\.)?weight$", UNWRAP + RESNET + NONLOCAL,
          refine=shifted)
