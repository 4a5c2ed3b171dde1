"""DavideA/c3d-pytorch (Tran et al., arXiv:1412.0767): the network that was converted from Caffe."""

from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^conv(\d)([ab]?)\.", r"backbone.stages.\1.conv\2."),
    (r"\.conv\.(weight|bias)$", r".conva.\1"),
    (r"^fc([67])\.", r"backbone.full.fc\1."),
    (r"^fc8\.", "classifier."),
)

ZOO = Zoo("c3d", r"^conv5b\.weight$", RULES)
