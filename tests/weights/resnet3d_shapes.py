"""Names and shapes of the weights of 3-D residual networks, as each zoo has them."""

import re

BASIC = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
DEEP = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}
Shapes = dict[str, tuple[int, ...]]


def norm(name: str, channels: int) -> Shapes:
    return {f"{name}.{leaf}": (channels,) for leaf in ("weight", "bias", "running_mean", "running_var")}


def hara(depth: int, projected: bool = True, early: bool = False, fat: tuple[int, int, int] = (4, 64, 1),
         frames: int = 7, channels: int = 3, classes: int = 700, stem: int = 0) -> Shapes:
    """Shapes of a network of Hara's; `fat` is expansion, first width, groups; `stem` its channels where not usual."""
    expansion, first_width, groups = fat if depth in DEEP else (1, 64, 1)
    inputs = stem or (64 if groups > 1 else first_width)
    shapes: Shapes = {"conv1.weight": (inputs, channels, frames, 7, 7), **norm("bn1", inputs)}
    for stage, count in enumerate((BASIC | DEEP)[depth], start=1):
        width = first_width * 2 ** (stage - 1)
        for index in range(count):
            at = f"layer{stage}.{index}"
            outputs = width * expansion
            convs = [(inputs, width, 1), (width, width, 3), (width, outputs, 1)] if depth in DEEP else [
                (inputs, width, 3), (width, outputs, 3)]
            for number, (c_in, c_out, size) in enumerate(convs, start=1):
                share = groups if size == 3 else 1
                shapes[f"{at}.conv{number}.weight"] = (c_out, c_in // share, size, size, size)
                shapes |= norm(f"{at}.bn{number}", c_in if early else c_out)
            if index == 0 and (inputs != outputs or stage > 1) and projected:
                shapes[f"{at}.downsample.0.weight"] = (outputs, inputs, 1, 1, 1)
                shapes |= norm(f"{at}.downsample.1", outputs)
            inputs = outputs
    return {**shapes, "fc.weight": (classes, inputs), "fc.bias": (classes,)}


def dense(counts: tuple[int, ...], dot: str) -> Shapes:
    shapes: Shapes = {"features.conv0.weight": (64, 3, 7, 7, 7), **norm("features.norm0", 64)}
    channels = 64
    for stage, count in enumerate(counts, start=1):
        for index in range(1, count + 1):
            at = f"features.denseblock{stage}.denselayer{index}"
            shapes |= norm(f"{at}.norm{dot}1", channels) | norm(f"{at}.norm{dot}2", 128)
            shapes[f"{at}.conv{dot}1.weight"] = (128, channels, 1, 1, 1)
            shapes[f"{at}.conv{dot}2.weight"] = (32, 128, 3, 3, 3)
            channels += 32
        if stage < 4:
            shapes |= norm(f"features.transition{stage}.norm", channels)
            shapes[f"features.transition{stage}.conv.weight"] = (channels // 2, channels, 1, 1, 1)
            channels //= 2
    return {**shapes, **norm("features.norm5", channels), "classifier.weight": (9, channels), "classifier.bias": (9,)}


def middle(inputs: int, outputs: int) -> int:
    return inputs * outputs * 27 // (inputs * 9 + 3 * outputs)


def torchvision(depth: int, kind: str = "3d", stages: tuple[int, ...] = (1, 2, 3, 4), each: bool = False) -> Shapes:
    """Shapes of a network of torchvision's or VMZ's; `kind` is 3d, split, ir or ip, `each` VMZ's count of channels."""
    shapes: Shapes = {"stem.0.weight": (64, 3, 3, 7, 7), **norm("stem.1", 64)}
    if kind == "split":
        shapes = {"stem.0.weight": (45, 3, 1, 7, 7), **norm("stem.1", 45), "stem.3.weight": (64, 45, 3, 1, 1),
                  **norm("stem.4", 64)}
    inputs, expansion = 64, 4 if depth in DEEP else 1
    for stage, count in enumerate((BASIC | DEEP)[depth], start=1):
        width = 64 * 2 ** (stage - 1)
        for index in range(count):
            at, outputs = f"layer{stage}.{index}", width * expansion
            convs = [(inputs, width, 1), (width, width, 3), (width, outputs, 1)] if depth in DEEP else [
                (inputs, width, 3), (width, outputs, 3)]
            for number, (c_in, c_out, size) in enumerate(convs, start=1):
                name, frames = f"{at}.conv{number}", 3 if stage in stages else 1
                shapes |= norm(f"{name}.1", c_out)
                if size == 1:
                    shapes[f"{name}.0.weight"] = (c_out, c_in, 1, 1, 1)
                elif kind == "split":
                    between = middle(c_in if each else inputs, c_out)
                    shapes |= {f"{name}.0.0.weight": (between, c_in, 1, 3, 3), **norm(f"{name}.0.1", between),
                               f"{name}.0.3.weight": (c_out, between, 3, 1, 1)}
                elif kind == "ip":
                    shapes |= {f"{name}.0.0.weight": (c_out, c_in, 1, 1, 1), f"{name}.0.2.weight": (c_out, 1, 3, 3, 3),
                               **norm(f"{name}.0.1", c_out)}
                else:
                    shapes[f"{name}.0.weight"] = (c_out, 1 if kind == "ir" else c_in, frames, 3, 3)
            if index == 0 and (inputs != outputs or stage > 1):
                shapes[f"{at}.downsample.0.weight"] = (outputs, inputs, 1, 1, 1)
                shapes |= norm(f"{at}.downsample.1", outputs)
            inputs = outputs
    return {**shapes, "fc.weight": (400, inputs), "fc.bias": (400,)}


def caffe2(shapes: Shapes, depth: int, kind: str = "3d") -> Shapes:
    """The same network as VMZ keeps it for Caffe2."""
    starts = [sum((BASIC | DEEP)[depth][:stage]) for stage in range(4)]
    leaves = {"running_mean": "rm", "running_var": "riv", "bias": "b"}
    named: Shapes = {}
    for key, shape in shapes.items():
        stem, leaf = key.rsplit(".", 1)
        ending = leaves.get(leaf, "s" if len(shape) == 1 else "w")
        if found := re.match(r"layer(\d)\.(\d+)\.(.*)", stem):
            block, part = starts[int(found[1]) - 1] + int(found[2]), found[3]
            if part.startswith("downsample"):
                stem = f"shortcut_projection_{block}" + "_spatbn" * part.endswith("1")
            else:
                number, inner = int(part[4]), part[6:]
                number += kind == "ir" and number > 1  # a convolution of single channels counts twice
                what = "spatbn" if inner in ("1", "0.1") else "conv"
                middle_part = "_middle" * (inner in ("0.0", "0.1"))
                stem = f"comp_{block}_{what}_{number}{middle_part}"
        elif kind == "split":
            stem = {"stem.0": "conv1_middle", "stem.1": "conv1_middle_spatbn_relu", "stem.3": "conv1",
                    "stem.4": "conv1_spatbn_relu", "fc": "last_out_L400"}[stem]
        else:
            stem = {"stem.0": "conv1", "stem.1": "conv1_spatbn_relu", "fc": "last_out_L400"}[stem]
        named[f"{stem}_{ending}"] = shape
    return {**named, "comp_0_conv_1_w_momentum": (1,), "lr": (1,)}


def renamed(shapes: Shapes, *rules: tuple[str, str]) -> Shapes:
    """The same network as another zoo names it."""
    named: Shapes = {}
    for key, shape in shapes.items():
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        named[key] = shape
    return named


INNER = (r"\.conv(\d)\.0\.(?=weight)", r".conv\1."), (r"\.conv(\d)\.1\.", r".bn\1.")
GLUON_1 = (
    (r"^stem\.0", "conv1"), (r"^stem\.1", "bn1"), (r"^stem\.3", "conv2"), (r"^stem\.4", "bn2"),
    (r"\.0\.0\.weight", ".conv1.weight"), (r"\.conv(\d)\.0\.1\.", r".conv\1.bn1."), (r"\.0\.3\.", ".conv2."), *INNER,
)
GLUON_2 = (
    (r"^stem\.0", "conv1_middle"), (r"^stem\.1", "bn1_middle"), (r"^stem\.3", "conv1"), (r"^stem\.4", "bn1"),
    (r"\.conv2\.0\.0\.", ".conv2_middle."), (r"\.conv2\.0\.1\.", ".bn2_middle."), (r"\.conv2\.0\.3\.", ".conv2."),
    *INNER, ("downsample", "down_sample"), (r"^fc", "out_fc"),
)
GLUON_CSN = (
    (r"^stem\.0", "conv1"), (r"^stem\.1", "bn1"), *INNER, (r"\.(conv|bn)3", r".\g<1>4"), (r"\.(conv|bn)2", r".\g<1>3"),
    ("downsample", "down_sample"), (r"^fc", "out_fc"),
)
MMACTION2 = (
    (r"^stem\.0", "conv1.conv"), (r"^stem\.1", "conv1.bn"), (r"\.conv2\.0\.0\.", ".conv2.0.conv."),
    (r"\.conv2\.0\.1\.", ".conv2.0.bn."), (r"\.conv2\.1\.", ".conv2.1.bn."), (r"\.conv2\.0\.2\.", ".conv2.1.conv."),
    (r"\.conv([13])\.0\.", r".conv\1.conv."), (r"\.conv([13])\.1\.", r".conv\1.bn."),
    (r"downsample\.0", "downsample.conv"), (r"downsample\.1", "downsample.bn"),
    (r"^(conv|layer)", r"backbone.\1"), (r"^fc", "cls_head.fc_cls"),
)
MMACTION2_IR = (
    (r"^stem\.0", "conv1.conv"), (r"^stem\.1", "conv1.bn"), (r"\.conv2\.0\.", ".conv2.0.conv."),
    (r"\.conv2\.1\.", ".conv2.0.bn."), *MMACTION2[6:],
)
FACEBOOK = (
    (r"^stem\.0", "blocks.0.conv"), (r"^stem\.1", "blocks.0.norm"), (r"^layer(\d)\.(\d+)", r"blocks.\1.res_blocks.\2"),
    ("downsample.0", "branch1_conv"), ("downsample.1", "branch1_norm"), (r"^fc", "blocks.5.proj"),
    *((rf"\.conv{n}\.{i}\.", f".branch2.{kind}_{letter}.") for n, letter in ((1, "a"), (2, "b"), (3, "c"))
      for i, kind in enumerate(("conv", "norm"))),
)

def hara_split(depth: int) -> Shapes:
    shapes = {key: shape for key, shape in torchvision(depth, "split", each=True).items() if "stem" not in key}
    return {"conv1_s.weight": (110, 3, 1, 7, 7), **norm("bn1_s", 110), "conv1_t.weight": (64, 110, 7, 1, 1),
            **norm("bn1_t", 64), **renamed(
                shapes, (r"\.conv(\d)\.0\.0\.", r".conv\1_s."), (r"\.conv(\d)\.0\.1\.", r".bn\1_s."),
                (r"\.conv(\d)\.0\.3\.", r".conv\1_t."), *(
                    ((r"\.conv([13])\.0\.", r".conv\1."), (r"\.conv([13])\.1\.", r".bn\1."),
                     (r"\.conv2\.1\.", ".bn2_t.")) if depth in DEEP else ((r"\.conv(\d)\.1\.", r".bn\1_t."),)))}


def p3d(depth: int, channels: int = 3) -> Shapes:
    """Its convolutions over pixels and frames are the second and the third, but for the last stage."""
    named: Shapes = {"conv1_custom.weight": (64, channels, 1, 7, 7)}
    for key, shape in hara(depth).items():
        flat = key.startswith("layer4") and len(shape) == 5
        if found := re.match(r"(layer[123]\.\d+\.)(conv|bn)2\.(.*)", key):
            frames, pixels = ((*shape[:2], 3, 1, 1), (*shape[:2], 1, 3, 3)) if found[2] == "conv" else (shape, shape)
            named |= {f"{found[1]}{found[2]}2.{found[3]}": pixels, f"{found[1]}{found[2]}3.{found[3]}": frames}
        elif key != "conv1.weight":
            key = re.sub(r"\.(conv|bn)3\.", r".\g<1>4.", key)
            key = re.sub(r"(layer4\.\d+\.)(conv|bn)2\.", r"\1\2_normal.", key)
            named[key] = (*shape[:2], *shape[3:]) if flat else shape
    return named


def c3d_caffe2() -> Shapes:
    """VMZ's C3D for Caffe2, which has batch norm."""
    shapes: Shapes = {"fc6_w": (4096, 4608), "fc7_w": (4096, 4096), "last_out_L400_w": (400, 4096), "fc6_b": (4096,),
                      "fc7_b": (4096,), "last_out_L400_b": (400,)}
    inputs = 3
    for name, outputs in (("1a", 64), ("2a", 128), ("3a", 256), ("3b", 256), ("4a", 512), ("4b", 512), ("5a", 512),
                          ("5b", 512)):
        shapes |= {f"conv{name}_w": (outputs, inputs, 3, 3, 3), f"conv{name}_b": (outputs,)}
        shapes |= {f"conv{name}_bn_{leaf}": (outputs,) for leaf in ("s", "b", "rm", "riv")}
        inputs = outputs
    return shapes
