"""The Inception family and what was built on it; relations between frames."""

from kinema.models.table import Published

I3D = "Carreira and Zisserman, arXiv:1705.07750"
S3D = "Xie et al., arXiv:1712.04851"
GSM = "Sudhakaran et al., arXiv:1912.00381"
TRN = "Zhou et al., arXiv:1711.08496"
STNET = "He et al., arXiv:1811.01549"

PUBLISHED = {
    "i3d": Published("i3d-inception_3d", I3D, frames=64, options={"same": True}),
    "i3d_flow": Published("i3d-inception_3d", I3D, frames=64, options={"same": True}, input="flow"),
    "i3d_two_stream": Published("i3d-inception_3d_rgb_flow", I3D, frames=64, options={"same": True}),
    "s3d": Published("s3d-inception_3d", S3D, frames=64),
    "s3d_g": Published("s3d+gate-inception_3d", S3D, frames=64),
    "gsm_bn_inception": Published("gsm-bn_inception", GSM, sampling="uniform"),
    "gsm_inception_v3": Published("gsm-inception_v3", GSM, frames=16, size=229, sampling="uniform"),
    "trn_r50": Published("trn-resnet50", TRN, sampling="uniform"),
    "trn_multiscale_r50": Published("trn_multiscale-resnet50", TRN, sampling="uniform"),
    "trn_multiscale_bn_inception": Published("trn_multiscale-bn_inception", TRN, sampling="uniform"),
    "stnet_r50": Published("stnet-resnet50", STNET, frames=35, sampling="uniform", neighbours=5),
    "stnet_r101": Published("stnet-resnet101", STNET, frames=35, sampling="uniform", neighbours=5),
}
