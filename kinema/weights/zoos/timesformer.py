"""TimeSformer (Bertasius et al., arXiv:2102.05095) of facebookresearch/TimeSformer and of open-mmlab/mmaction2."""

from kinema.weights.zoos.vit import TIMM, with_heads
from kinema.weights.zoos.zoo import Zoo

OPTIONS = {"readout": "class_mean"}
TIME = (
    (r"\.temporal_norm1\.", ".attention.time.norm."),
    (r"\.temporal_attn\.qkv\.", ".attention.time.attend.qkv."),
    (r"\.temporal_attn\.proj\.", ".attention.time.attend.out."),
    (r"\.temporal_fc\.", ".attention.time.out."),
)
RULES = (
    (r"^model\.", "backbone."),
    (r"^backbone\.head\.", "classifier."),
    (r"^backbone\.cls_token$", "backbone.class_token"),
    (r"^backbone\.pos_embed$", "backbone.positions.space"),
    (r"^backbone\.time_embed$", "backbone.positions.time"),
    (r"^backbone\.patch_embed\.proj\.", "backbone.stem."),
    (r"^backbone\.norm\.", "backbone.out.norm."),
    *TIME, *TIMM,
)
MMACTION2 = (
    (r"^cls_head\.fc_cls\.", "classifier."),
    (r"^backbone\.patch_embed\.projection\.", "backbone.patch_embed.proj."),
    (r"^backbone\.transformer_layers\.layers\.", "backbone.blocks."),
    (r"\.in_proj_(weight|bias)$", r".qkv.\1"),
    (r"\.attn\.out_proj\.", ".attn.proj."),
    (r"\.ffns\.0\.layers\.0\.0\.", ".mlp.fc1."),
    (r"\.ffns\.0\.layers\.1\.", ".mlp.fc2."),
)
DIVIDED = (
    *MMACTION2,
    (r"\.attentions\.0\.norm\.", ".temporal_norm1."),
    (r"\.attentions\.0\.attn\.", ".temporal_attn."),
    (r"\.attentions\.0\.temporal_fc\.", ".temporal_fc."),
    (r"\.attentions\.1\.norm\.", ".norm1."),
    (r"\.attentions\.1\.attn\.", ".attn."),
    (r"\.ffns\.0\.norm\.", ".norm2."),
    *RULES,
)
WHOLE = (
    *MMACTION2,
    (r"\.attentions\.0\.attn\.", ".attn."),
    (r"\.norms\.0\.", ".norm1."),
    (r"\.norms\.1\.", ".norm2."),
    *RULES,
)

ZOOS = (
    Zoo("timesformer", r"^model\.blocks\.0\.attn\.qkv\.weight$", RULES, options=OPTIONS, refine=with_heads),
    Zoo("timesformer, without its recogniser", r"^time_embed$", ((r"^", "model."), *RULES), options=OPTIONS,
        refine=with_heads),
    Zoo("mmaction2 timesformer, divided", r"^backbone\.transformer_layers\.layers\.0\.attentions\.1\.", DIVIDED,
        options=OPTIONS, refine=with_heads),
    Zoo("mmaction2 timesformer", r"^backbone\.transformer_layers\.layers\.0\.attentions\.0\.", WHOLE, options=OPTIONS,
        refine=with_heads),
)
