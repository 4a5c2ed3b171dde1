"""Video Swin of SwinTransformer/Video-Swin-Transformer, mmaction2 and torchvision; mmaction2's tsn over timm's Swin."""

from math import isqrt, prod

from kinema.weights.zoos.zoo import Weights, Zoo

USUAL = (7, 12)  # rows, and columns, of published windows

BLOCKS = (
    (r"\.attn\.relative_position_bias_table$", ".attention.table"),
    (r"\.attn\.relative_position_index$", ".attention.index"),
    (r"\.attn\.qkv\.", ".attention.qkv."),
    (r"\.attn\.proj\.", ".attention.out."),
    (r"\.mlp\.0\.", ".mlp.fc1."),
    (r"\.mlp\.3\.", ".mlp.fc2."),
    (r"\.(downsample|merge)\.reduction\.", ".merge.reduce."),
    (r"\.downsample\.norm\.", ".merge.norm."),
    (r"^(backbone\.)?patch_embed\.proj\.", "backbone.patches.conv."),
    (r"^(backbone\.)?patch_embed\.norm\.", "backbone.patches.norm."),
    (r"^(backbone\.)?norm\d?\.", "backbone.norm."),
    (r"^(cls_head\.fc_cls|head)\.", "classifier."),
)
STAGES = tuple((rf"^(backbone\.)?layers\.{stage - 1}\.", f"backbone.stages.{stage}.") for stage in range(1, 5))
FEATURES = tuple(rule for stage in range(1, 5) for rule in (
    (rf"^features\.{2 * stage - 2}\.", f"backbone.stages.{stage}.blocks."),
    (rf"^features\.{2 * stage - 1}\.", f"backbone.stages.{stage}.merge."),
))


def unfold(weights: Weights) -> Weights:
    """Tables of distances with an axis for each direction; how large the windows are is seen from the index.

    What merges patches ends a stage here; in timm it begins the next one.
    """
    done = {key: value for key, value in weights.items() if not key.endswith(".attention.index")}
    if "backbone.stages.4.merge.norm.weight" in done:
        for key in [key for key in done if ".merge." in key]:
            stage = int(key.split(".")[2])
            done[key.replace(f".{stage}.merge.", f".{stage - 1}.merge.")] = done.pop(key)
    for key, table in weights.items():
        if key.endswith(".attention.table") and table.dim() == 2:
            index = weights.get(key.removesuffix("table") + "index")
            window = window_of(len(table), None if index is None else len(index))
            done[key] = table.reshape(*(2 * side - 1 for side in window), -1)
    return done


def window_of(entries: int, tokens: int | None) -> tuple[int, int, int]:
    """The window whose distances are so many and, where it is known, that has so many tokens."""
    sides = (*USUAL, *range(isqrt(entries) // 2 + 1, 0, -1))
    windows = [((entries // (2 * side - 1) ** 2 + 1) // 2, side, side) for side in sides
               if entries % (2 * side - 1) ** 2 == 0]
    return next(window for window in windows if tokens is None or prod(window) == tokens)


ZOOS = (
    Zoo("video swin", r"^(backbone\.)?layers\.0\.blocks\.0\.attn\.relative_position_bias_table$", STAGES + BLOCKS,
        finish=unfold, drop=r"\.attn_mask$"),
    Zoo("torchvision swin", r"^features\.0\.0\.attn\.relative_position_bias_table$", FEATURES + BLOCKS, finish=unfold),
)
