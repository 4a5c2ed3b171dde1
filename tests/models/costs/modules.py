"""The networks of the study, and other 2-D networks with a temporal module."""

from tests.models.costs.row import Cost

NORMS = "the published figure is 4.11 a frame, which counts batch norm too; the convolutions of a ResNet-50 are 4.09"
AT_256 = "the published figure is that of 256 pixels, rounded, with batch norm counted"
COSTS = {
    ("I3D-R50 (IBM, no temporal pool, all 3x3x3)", 32, 256): Cost("i3d-resnet50"),
    ("I3D-R101 (IBM)", 32, 256): Cost("i3d-resnet101"),
    ("I3D-R18 (IBM)", 32, 224): Cost("i3d-resnet18"),
    ("TAM-R50 (IBM)", 32, 256): Cost("tam-resnet50"),
    ("TAM-R101 (IBM)", 32, 256): Cost("tam-resnet101"),
    ("TAM-R18 (IBM)", 32, 224): Cost("tam-resnet18"),
    ("S3D-R50 (IBM = R(2+1)D w/o channel expansion)", 32, 224): Cost("s3d-resnet50"),
    ("S3D-R18 (IBM)", 32, 224): Cost("s3d-resnet18"),
    ("I3D-InceptionV1 (IBM no tp)", 32, 224): Cost("i3d-inception_v1"),
    ("TSN-R50", 8, 224): Cost("tsn-resnet50", note=NORMS),
    ("TSM-R50", 8, 224): Cost("tsm-resnet50"),
    ("TSM-R50", 16, 224): Cost("tsm-resnet50"),
    ("TSM-R101", 8, 224): Cost("tsm-resnet101", classes=174),
    ("TSM-R50-NL dot", 8, 224): Cost("tsm+nonlocal-resnet50", {"attention": "dot_product"}),
    ("TIN-R50", 8, 224): Cost("tin-resnet50", note=NORMS),
    ("TANet-R50", 8, 224): Cost("tanet-resnet50", crop=256, note=AT_256),
    ("TANet-R50", 16, 224): Cost("tanet-resnet50", classes=174, crop=256, note=AT_256),
}
