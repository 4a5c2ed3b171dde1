"""Whether a model of the Hugging Face Hub can be fetched: asked once, where transformers would try for a minute."""

from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from kinema.errors import ModelError
from kinema.weights.download import offline

PATIENCE_SECONDS = 5.0
REFUSED = range(400, 500)  # 404, and 401 for what is not there or is not for everybody


def check_reachable(name: str, instead: str) -> None:
    """Raise ModelError where a model that is in no cache cannot be fetched; `instead`: what one can do then."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    if offline() or constants.HF_HUB_OFFLINE:
        switch = "KINEMA_OFFLINE" if offline() else "HF_HUB_OFFLINE"
        raise ModelError(f"{name} is not in the cache ({constants.HF_HUB_CACHE}), and {switch}=1 forbids to fetch it. "
                         f"{instead}")
    try:
        url = hf_hub_url(name, "config.json", endpoint=constants.ENDPOINT)
    except ValueError:
        raise ModelError(f"{name} is neither a folder nor a model's id on the Hub. {instead}") from None
    try:
        with urlopen(Request(url, headers=build_hf_headers(), method="HEAD"), timeout=PATIENCE_SECONDS):
            return
    except HTTPError as error:
        error.close()
        if error.code in REFUSED:
            raise ModelError(f"{constants.ENDPOINT} has no model {name} that may be read here (it answers "
                             f"{error.code}). {instead}") from None
        reason: object = f"it answers {error.code}"
    except (URLError, OSError) as error:
        cause = getattr(error, "reason", error)
        reason = getattr(cause, "strerror", None) or cause
    raise ModelError(f"{name} is not in the cache ({constants.HF_HUB_CACHE}), and could not be fetched from "
                     f"{constants.ENDPOINT}: {reason}. {instead}")
