"""2-D networks with a temporal module, and the 3-D networks of the study (zoos ibm, mit-tsm, mmaction2, tin, tanet)."""

from tests.weights.vectors.row import Row

NO_TP = {"tp": False}
SUM, MATRIX = "our blend is a sum, which is not counted", "our offsets are applied as a matrix product"

VECTORS = {
    "ibm_tsn_resnet18_f8": Row("tsn-resnet18", NO_TP, quick=True),
    "ibm_tsn_inceptionv1_f8": Row("tsn-inception_v1", NO_TP),
    "ibm_tam_resnet50_f8": Row("tam-resnet50", NO_TP),
    "ibm_tam_resnet18_f16_ts_avg": Row("tam-resnet18-tp", {"tp": True, "pool": "avg"}),
    "ibm_tam_allc_resnet18_f8": Row("tam-resnet18", NO_TP),
    "ibm_tam_inceptionv1_f16_ts": Row("tam-inception_v1-tp", {"tp": True, "pool": "max"}),
    "ibm_i3d_f16_ts": Row("i3d-inception_v1-tp", {"tp": True, "pool": "max"}),
    "ibm_i3d_resnet18_f16_ts": Row("i3d-resnet18-tp", {"tp": True, "pool": "max"}),
    "ibm_i3d_resnet50_f8": Row("i3d-resnet50", NO_TP),
    "ibm_s3d_f16_ts": Row("s3d-inception_v1-tp", {"tp": True, "pool": "max"}),
    "ibm_s3d_resnet18_f16_ts": Row("s3d-resnet18-tp", {"tp": True}),
    "mit_tsm_resnet50_f8": Row("tsm-resnet50"),
    "mit_tsm_nl_resnet50_f8": Row(
        "tsm+nonlocal-resnet50", {"attention": "softmax"}, gradient=1e-2,
        why="a change of the clip by 1e-6, which moves the logits as float32 does, moves the gradient by 7e-3"),
    "mm_tsn_r50_seg3": Row("tsn-resnet50", {"model": "tsn-resnet50"}, gmacs=1e-3,
                           why="mmaction2 classifies once per clip, others once per frame"),
    "mm_tsm_r50_f8": Row("tsm-resnet50"),
    "mm_tsm_nl_r50_dot_product": Row("tsm+nonlocal-resnet50", {"attention": "dot_product"}),
    "tin_resnet50_f8": Row("tin-resnet50", gmacs=3e-3, why=MATRIX),
    "tam_tanet_resnet50_f8": Row("tanet-resnet50", gmacs=3e-3, why=SUM),
    "mm_tanet_r50": Row("tanet-resnet50", gmacs=3e-3, why=SUM),
}
