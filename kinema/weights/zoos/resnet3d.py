"""What several zoos of 3-D residual networks have in common: the options that weights do not show.

A zoo publishes one network for each set of weights, so these are no guesses.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from kinema.weights.candidate import Candidate

OWN = re.compile(r"^(r3d|mc3|r2plus1d|ircsn|ipcsn|p3d)-")


def meaning(**options: Any) -> Callable[[Candidate, Collection[str]], Candidate | None]:
    """A refinement: these networks are 3-D residual ones that all have these options."""

    def refine(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
        own = as_r3d(candidate)
        return with_options(own, **options) if own else None

    return refine


def as_r3d(candidate: Candidate) -> Candidate | None:
    """A 3-D residual network, to which an i3d is the r3d that strides over frames; nothing for any other."""
    name = re.sub(r"^i3d-(\w+)(-tp)?$", r"r3d-\1-tp", candidate.model)
    return with_options(replace(candidate, model=name)) if OWN.search(name) else None


def with_options(candidate: Candidate, **options: Any) -> Candidate:
    """The candidate with these options, of which nothing is open any more."""
    return replace(candidate, options={**candidate.options, **options}, open=())


def hara(candidate: Candidate, keys: Collection[str]) -> Candidate | None:
    """Hara's networks pool frames too after the stem, and no gradient passes a shortcut without weights.

    FAIR's inflated networks never have these names.
    """
    if not OWN.search(candidate.model):
        return None if candidate.model.startswith(("i3d_fair", "slow-")) else candidate
    cut = {"shortcut": "cut"} if candidate.options.get("shortcut") == "padded" else {}
    return with_options(candidate, stem_pool="frames", **cut)
