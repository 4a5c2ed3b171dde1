"""The Inception family, and relations between frames (zoos piergiaj, kylemin, torchvision, gsm, trn, mmaction2)."""

from tests.weights.vectors.row import Row

FEWER = -6 * 174
ONCE = "the classifiers of all scales are one, with one bias, and answer once instead of once for each relation"

VECTORS = {
    "i3d_piergiaj_rgb": Row("i3d-inception_3d"),
    "s3d_kylemin": Row("s3d-inception_3d"),
    "tv_s3d": Row("s3d-inception_3d"),
    "gsm_bninception_f8": Row("gsm-bn_inception"),
    "trn_multiscale_resnet50_f8": Row("trn_multiscale-resnet50", gmacs=1e-4, parameters=FEWER, why=ONCE),
    "mm_trn_r50": Row("trn_multiscale-resnet50", gmacs=1e-4, parameters=FEWER, why=ONCE),
}
