"""Temporal segment networks: each frame alone (Wang et al., arXiv:1608.00859)."""

from dataclasses import dataclass
from typing import ClassVar

from kinema.models.temporal.base import Temporal


@dataclass(eq=False)
class TSN(Temporal):
    """Each frame alone; the frames meet only in the average of their scores."""

    order_aware: ClassVar[bool] = False
    looks_back: ClassVar[bool] = True
