"""IBM/bLVNet-TAM (Fan et al., arXiv:1912.00869), and IBM/BigLittleNet (arXiv:1807.03848): big-little networks."""

from kinema.weights.zoos.zoo import Zoo

TAPS = (
    (r"tam\.prev\.weight$", "tam.mix.weight@0"),
    (r"tam\.curr\.weight$", "tam.mix.weight@1"),
    (r"tam\.next\.weight$", "tam.mix.weight@2"),
    (r"tam\.blending_layers\.(\d+)\.weight$", r"tam.mix.weight@\1"),
)
STEM = (
    (r"^(conv|bn)1\.", r"backbone.stem.whole.\1."),
    (r"^tam\.", "backbone.stem.before."),
    (r"^b_conv0\.", "backbone.stem.big.conv0."),
    (r"^bn_b0\.", "backbone.stem.big.bn0."),
    (r"^l_conv(\d)\.", r"backbone.stem.little.conv\1."),
    (r"^bn_l(\d)\.", r"backbone.stem.little.bn\1."),
    (r"^bl_init\.", "backbone.stem.fusion.conv."),
    (r"^bn_bl_init\.", "backbone.stem.fusion.bn."),
)
STAGES = (
    (r"^layer(\d)\.fusion\.0\.", r"backbone.stages.\1.fusion."),
    (r"^layer(\d)\.tam\.", r"backbone.stages.\1.before."),
    (r"^layer(\d)\.little_e\.0\.", r"backbone.stages.\1.widen.conv."),
    (r"^layer(\d)\.little_e\.1\.", r"backbone.stages.\1.widen.bn."),
    (r"^layer(\d)\.((big|little)\.\d+|\d+)\.", r"backbone.stages.\1.\2."),
    (r"\.tam\.", ".before."),
    (r"\.downsample\.2\.", ".shortcut.bn."),
    (r"(big\.\d+|stages\.\d\.\d+)\.downsample\.1\.", r"\1.shortcut.conv."),
    (r"\.downsample\.0\.", ".shortcut.conv."),
    (r"\.downsample\.1\.", ".shortcut.bn."),
    (r"\.(conv|bn)([123])\.(?=\w+$)", r".branch.\1\2."),
    (r"^(backbone\.stem\.little)\.branch\.", r"\1."),
)

ZOO = Zoo("ibm big-little resnet", r"(^|\.)bl_init\.weight$", (
    (r"^baseline_model\.", ""), *TAPS, *STEM, *STAGES, (r"^(new_)?fc\.", "classifier."),
))
