"""Networks by name: `create_model("tam-resnet50")`."""

from kinema.models.clip import ClipSpec
from kinema.models.names import create_model, list_models, order_aware, sized_by
from kinema.models.network import Network

__all__ = ["ClipSpec", "Network", "create_model", "list_models", "order_aware", "sized_by"]
