"""2-D networks with a temporal module of their own, and networks of several 2-D paths (zoos tdn, ibm-blvnet)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "tdn_resnet50_f8x5": Row("tdn-resnet50", parameters=-37440, why=(
        "theirs have biases before batch norms, which do nothing there, and a convolution that is never used")),
    "ibm_blvnet_tam50_f8x2": Row("blvnet_tam-resnet50"),
}
