"""Atze00/MoViNet-pytorch (Kondratyuk et al., arXiv:2103.11511): base and stream, both padded as TensorFlow does."""

from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^conv1\.", "backbone.stem."),
    (r"^blocks\.b(\d)_l(\d+)\.", r"backbone.stages.\1.\2."),
    (r"^conv7\.", "backbone.last."),
    (r"^classifier\.0\.conv_1\.conv[23]d\.", "backbone.hidden."),
    (r"^classifier\.3\.conv_1\.conv[23]d\.", "classifier."),
    (r"\.se\.fc1\.conv_1\.conv[23]d\.", ".branch.gate.squeeze."),
    (r"\.se\.fc2\.conv_1\.conv[23]d\.", ".branch.gate.excite."),
    (r"\.res\.\d\.", ".shortcut.project."),
    (r"(\.\d+)\.(expand|deep|project)\.", r"\1.branch.\2."),
    (r"\.conv_([12])\.conv[23]d\.", r".conv\1."),
    (r"\.conv_([12])\.norm\.", r".bn\1."),
)

ZOO = Zoo("movinet", r"^blocks\.b0_l0\.deep\.", RULES)
