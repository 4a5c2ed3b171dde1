"""Published and own checkpoints: safe reading, one key map a zoo, strict loading, telling what network they are of."""

from kinema.weights.identify import from_checkpoint, identify
from kinema.weights.inflation.inflate import inflate
from kinema.weights.load import load_weights
from kinema.weights.pretrained import create_model, open_network, pretrained
from kinema.weights.save import from_pretrained, push_to_hub, save_network
from kinema.weights.start import shown_by

__all__ = [
    "create_model", "from_checkpoint", "from_pretrained", "identify", "inflate", "load_weights", "open_network",
    "pretrained", "push_to_hub", "save_network", "shown_by",
]
