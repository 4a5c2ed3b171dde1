"""mit-han-lab/temporal-shift-module (Lin et al., arXiv:1811.08383): tsn and tsm, with non-local blocks, over ResNets.

Where channels are shifted or a non-local block is added, the original layer is wrapped (`net`, `block`).
"""

from kinema.weights.ibm import RESNET
from kinema.weights.zoo import Zoo

UNWRAP = (
    (r"^base_model\.", ""),
    (r"^new_fc\.", "fc."),
    (r"\.net\.weight$", ".weight"),
    (r"\.block\.", "."),
)
NONLOCAL = (
    (r"\.branch\.nl\.", ".after."),
    (r"\.after\.g\.(0\.)?", ".after.value."),
    (r"\.after\.phi\.(0\.)?", ".after.key."),
    (r"\.after\.theta\.", ".after.query."),
    (r"\.after\.W\.0\.", ".after.out."),
    (r"\.after\.W\.1\.", ".after.norm."),
)

ZOO = Zoo("mit-tsm resnet", r"^base_model\.layer1\.0\.conv1\.(net\.)?weight$", UNWRAP + RESNET + NONLOCAL)
