"""Published and own checkpoints: safe reading, one key map a zoo, strict loading."""

from kinema.weights.load import load_weights

__all__ = ["load_weights"]
