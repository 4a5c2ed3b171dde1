"""Made-up data sets as real video files, with the truth beside them: motion, change, scene, figures."""

from kinema.data.synthetic.make import KINDS, make, plan
from kinema.data.synthetic.preview import preview
from kinema.data.synthetic.spec import DEFAULTS, SyntheticSpec, synthetic_spec
from kinema.data.synthetic.truth import Truth, read_truth

__all__ = ["DEFAULTS", "KINDS", "SyntheticSpec", "Truth", "make", "plan", "preview", "read_truth", "synthetic_spec"]
