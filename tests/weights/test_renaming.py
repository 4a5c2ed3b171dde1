"""Names of zoos of which there are no figures."""

import pytest

from kinema.weights.zoos import ZOOS

NAMES = {
    "gluoncv i3d": {
        "first_stage.0.weight": "backbone.stem.conv.weight",
        "res_layers.0.0.conv1.weight": "backbone.stages.1.0.branch.conv1.weight",
        "res_layers.3.2.bn3.running_var": "backbone.stages.4.2.branch.bn3.running_var",
        "res_layers.1.0.downsample.1.bias": "backbone.stages.2.0.shortcut.bn.bias",
        "res_layers.1.1.nonlocal_block.W_bn.0.weight": "backbone.stages.2.1.after.out.weight",
        "head.1.weight": "classifier.weight",
    },
    "gluoncv or x-temporal slowfast": {
        "module.fast_res2.0.conv1.weight": "backbone.fast.stages.1.0.branch.conv1.weight",
        "slow_bn1.bias": "backbone.slow.stem.bn.bias",
        "slow_res5.0.downsample.0.weight": "backbone.slow.stages.4.0.shortcut.conv.weight",
        "lateral_p1.weight": "backbone.laterals.0.0.weight",
        "lateral_res4.1.running_mean": "backbone.laterals.3.1.running_mean",
        "fc.weight": "classifier.weight",
    },
    "eco": {
        "base_model.conv1_7x7_s2.weight": "backbone.trunk.blocks.conv1.core.0.conv.weight",
        "base_model.inception_3b_pool_proj_bn.bias": "backbone.trunk.blocks.3b.core.pool.1.bn.bias",
        "base_model.inception_3c_double_3x3_1.weight": "backbone.shared.1.conv.weight",
        "base_model.inception_3c_double_3x3_2_bn.weight": "backbone.alone.goes_on.0.bn.weight",
        "base_model.inception_4e_double_3x3_1.bias": "backbone.alone.blocks.4e.twice.1.conv.bias",
        "base_model.res3a_2.weight": "backbone.together.0.weight",
        "base_model.res3a_bn.running_var": "backbone.together.1.start.0.running_var",
        "base_model.res3b_1.weight": "backbone.together.1.branch.0.weight",
        "base_model.res4a_down.weight": "backbone.together.3.shortcut.weight",
        "base_model.res4b_1_bn.weight": "backbone.together.4.branch.1.weight",
        "base_model.res5b_bn.weight": "backbone.together.8.0.weight",
        "new_fc.weight": "classifier.weight",
    },
    "action-net mobilenet_v2": {
        "base_model.features.0.0.weight": "backbone.stem.conv.weight",
        "base_model.features.3.conv.0.net.weight": "backbone.blocks.3.branch.conv1.weight",
        "base_model.features.3.conv.0.action_shift.weight": "backbone.blocks.3.before.mix.weight",
        "base_model.features.3.conv.0.action_p1_conv1.weight": "backbone.blocks.3.before.place.weight",
        "base_model.features.3.conv.0.action_p2_conv1.weight": "backbone.blocks.3.before.channel.time.weight",
        "base_model.features.3.conv.0.action_p3_bn1.running_mean": "backbone.blocks.3.before.norm.running_mean",
        "base_model.features.3.conv.0.action_p3_expand.weight": "backbone.blocks.3.before.expand.weight",
        "new_fc.bias": "classifier.bias",
    },
    "tpn": {
        "backbone.layer1.0.conv1.weight": "backbone.stages.1.0.branch.conv1.weight",
        "backbone.layer3.0.downsample.0.weight": "backbone.stages.3.0.shortcut.conv.weight",
        "necks.temporal_modulation_ops.1.conv.weight": "backbone.neck.rates.1.conv.weight",
        "necks.level_fusion_op.ops.1.norm.bias": "backbone.neck.fuse_up.high.bn.bias",
        "necks.level_fusion_op2.fusion_conv.0.weight": "backbone.neck.fuse_down.both.conv.weight",
        "necks.pyramid_fusion_op.1.weight": "backbone.neck.fuse.bn.weight",
        "cls_head.fc3d.6.weight": "classifier.weight",
    },
    "pyslowfast slowfast, caffe2": {
        "t_res2_0_branch2a_w": "backbone.fast.stages.1.0.branch.conv1.weight",
        "t_res_conv1_bn_riv": "backbone.fast.stem.bn.running_var",
        "res3_0_branch1_bn_s": "backbone.slow.stages.2.0.shortcut.bn.weight",
        "t_pool1_subsample_w": "backbone.laterals.0.0.weight",
        "t_res4_22_branch2c_bn_subsample_bn_rm": "backbone.laterals.3.1.running_mean",
        "nonlocal_conv4_13_theta_b": "backbone.slow.stages.3.13.after.query.bias",
        "nonlocal_conv4_13_bn_s": "backbone.slow.stages.3.13.after.norm.weight",
        "pred_w": "classifier.weight",
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_kinema(name: str) -> None:
    zoo = next(zoo for zoo in ZOOS if zoo.name == name)
    for theirs, ours in NAMES[name].items():
        assert zoo.rename(theirs) == ours
    assert next(zoo for zoo in ZOOS if zoo.marks(NAMES[name])).name == name
