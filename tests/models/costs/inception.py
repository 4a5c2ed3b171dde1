"""The Inception family, and relations between frames."""

from tests.models.costs.row import Cost

COSTS = {
    ("I3D-InceptionV1 (IBM no tp)", 32, 224): Cost("i3d-inception_v1"),
    ("I3D-InceptionV1 (DeepMind/piergiaj)", 64, 224): Cost(
        "i3d", note="the paper's 12.06 M leaves out the classifier (0.41 M) and more, its 107.9 G are 3 % fewer; "
                    "the public code gives ours"),
    ("S3D (InceptionV1)", 64, 224): Cost(
        "s3d", note="both public ports have 8.32 M and 71.92 G as ours; the paper's 8.77 M and 66.38 G are of a "
                    "network that is not public"),
    ("S3D-G", 64, 224): Cost(
        "s3d_g", note="from memory, and not confirmed: gates of C x C for each branch of each block, as in the "
                      "authors' code, add 1.22 M and no multiply-adds to speak of, not 2.79 M and 5 G"),
    ("S3D torchvision", 16, 224): Cost("s3d"),
    ("TRN-R50", 8, 224): Cost(
        "trn_multiscale_r50", classes=174, crop=256,
        note="42.94 G is the figure at 256 pixels; it counts batch norm too, which ours does not (0.5 %)"),
}
