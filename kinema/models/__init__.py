"""Networks by name: `create_model("tam-resnet50")`.

Names are resolved on first use, so that what a clip is (`kinema.models.clip`) can be known without building networks.
"""

from typing import TYPE_CHECKING

from kinema.lazy import lazily

if TYPE_CHECKING:
    from kinema.models.clip import ClipSpec
    from kinema.models.names import create_model, list_models, order_aware, sized_by
    from kinema.models.network import Network

_HOMES = {
    "ClipSpec": "kinema.models.clip",
    "Network": "kinema.models.network",
    "create_model": "kinema.models.names",
    "list_models": "kinema.models.names",
    "order_aware": "kinema.models.names",
    "sized_by": "kinema.models.names",
}

__all__ = ["ClipSpec", "Network", "create_model", "list_models", "order_aware", "sized_by"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
