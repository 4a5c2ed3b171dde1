"""Published and own checkpoints: safe reading, one key map a zoo, strict loading, telling what network they are of."""

from kinema.weights.identify import from_checkpoint, identify
from kinema.weights.load import load_weights

__all__ = ["from_checkpoint", "identify", "load_weights"]
