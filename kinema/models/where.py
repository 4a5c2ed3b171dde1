"""Which blocks of a network see their neighbouring frames."""

from collections.abc import Callable

from kinema.errors import ModelError, nearest

Where = Callable[[int, int], bool]

WHERE: dict[str, Where] = {  # number of a block from 0, number of blocks -> does this block see time?
    "all": lambda block, blocks: True,
    "top": lambda block, blocks: block >= blocks // 2,
    "bottom": lambda block, blocks: block < blocks // 2,
    "alternate": lambda block, blocks: block % 2 == 1,
}


def find_where(where: str | Where) -> Where:
    """The rule called `where`, or `where` itself when it is a rule."""
    if callable(where):
        return where
    if where not in WHERE:
        raise ModelError(f"where={where!r} is unknown; it is one of {', '.join(WHERE)}, or a function of a block's "
                         f"number and the number of blocks.{nearest(str(where), WHERE)}")
    return WHERE[where]
