"""A Ray cluster that is joined, or started on this machine alone."""

import logging
from typing import Any, NamedTuple

from kinema.errors import KinemaError


class Joined(NamedTuple):
    """Ray itself, and how many GPUs and processors the cluster has."""

    ray: Any
    gpus: int
    processors: int


def join(address: str, accelerator: str = "auto") -> Joined:
    """Join the cluster at an address ("auto": the one of this machine; "local": start one).

    accelerator: where it is "cpu", GPUs do not count. KinemaError: Ray is not installed, or no cluster answers.
    """
    try:
        import ray
    except ImportError as error:
        raise KinemaError("Work on a cluster needs Ray: pip install kinema[ray].") from error
    try:
        ray.init(address=None if address == "local" else address, ignore_reinit_error=True, log_to_driver=False,
                 logging_level=logging.ERROR)
    except (ConnectionError, ValueError) as error:
        raise KinemaError(f"No Ray cluster answers at {address!r}: {' '.join(str(error).split())[:300]}") from error
    has = ray.cluster_resources()
    gpus = 0 if accelerator == "cpu" else int(has.get("GPU", 0))
    return Joined(ray, gpus, max(int(has.get("CPU", 1)), 1))
