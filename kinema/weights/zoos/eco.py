"""mzolfaghari/ECO-pytorch (Zolfaghari et al., arXiv:1804.09066): eco and eco_lite."""

from kinema.weights.zoos.bn_inception import BN
from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

PLAIN = {"3b": 1, "4b": 4, "5b": 7}  # the blocks that keep the size, and where they stand
STEPPING = {"4a": 3, "5a": 6}
TOGETHER = (
    (r"^res3a_2\.", "backbone.together.0."),
    *((rf"^res{name[0]}a_bn\.", f"backbone.together.{place}.start.0.") for name, place in PLAIN.items()),
    *((rf"^res{name}_bn\.", f"backbone.together.{place + 1}.0.") for name, place in PLAIN.items()),
    *((rf"^res{name}_down\.", f"backbone.together.{place}.shortcut.") for name, place in STEPPING.items()),
    *((rf"^res{name}_{part}\.", f"backbone.together.{place}.branch.{layer}.")
      for name, place in (PLAIN | STEPPING).items() for part, layer in (("1", 0), ("1_bn", 1), ("2", 3))),
)
TRUNK = (
    (r"^backbone\.blocks\.(conv\d|3[ab])\.", r"backbone.trunk.blocks.\1."),
    (r"^backbone\.blocks\.3c\.core\.twice\.2\.", "backbone.alone.goes_on.0."),
    (r"^backbone\.blocks\.3c\.core\.twice\.", "backbone.shared."),
    (r"^backbone\.blocks\.3c\.core\.3x3\.", "backbone.alone.three."),
    (r"^backbone\.blocks\.([45]\w)\.core\.", r"backbone.alone.blocks.\1."),
)

ZOO = Zoo("eco", r"^(base_model\.)?res3b_1\.weight$",
          (*UNWRAP[:2], *TOGETHER, *BN, *TRUNK, (r"^(fc|fc_final)\.", "classifier.")),
          zeros=r"^backbone\.together\.(0|\d\.(branch\.[03]|shortcut))\.bias$")
