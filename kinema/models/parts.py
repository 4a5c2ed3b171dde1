"""A network as parts, one after the other from the clip to the classifier: what is frozen, and how deep it lies."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, zip_longest

from torch import nn

from kinema.errors import ModelError
from kinema.models.network import Network

ROWS = ("stages", "blocks", "nodes", "trunk")  # what backbones call the parts that a clip goes through in turn
SIDES = ("slow", "fast", "space", "time", "streams")  # whole pathways, side by side
BETWEEN = "laterals"  # each from one pathway to another, before the stage of its number
FIRST = ("positions", "class_token", "token")  # belong to what stands before the parts, wherever they are defined
Names = list[str]


@dataclass
class Cut:
    """The names of a backbone's modules and parameters: what comes first (the stem), each stage, and the rest."""

    first: Names
    rows: list[Names]
    last: Names

    def all(self) -> Names:
        """Every name."""
        return list(chain(self.first, *self.rows, self.last))


def cut(body: nn.Module, prefix: str = "") -> Cut:
    """Cut a backbone into its stages, or its blocks where it has no stages; names begin with a prefix.

    What is defined before the stages comes first, what is defined after them last. A backbone whose names do not show
    it says it itself, as PARTS. Pathways side by side are cut at the same stages. Parts without weights do not count.
    """
    if told := getattr(body, "PARTS", None):
        rows = [[prefix + name for name in names] for names in told]
        return rest(Cut([], rows, []), body, prefix)
    children = dict(body.named_children())
    if sides := list(pathways(children, prefix)):
        return rest(together([cut(side, name) for name, side in sides], body, prefix), body, prefix)
    if not any(name in ROWS for name in children):
        return Cut([], row_of(body, prefix), [])
    found = Cut([], [], [])
    for name, child in children.items():
        inner = cut(child, f"{prefix}{name}.") if name in ROWS else None
        if inner:
            found = Cut(found.first + inner.first, found.rows + inner.rows, found.last + inner.last)
        else:
            (found.last if found.rows and name not in FIRST else found.first).append(prefix + name)
    for name, _ in body.named_parameters(recurse=False):
        (found.first if name in FIRST else found.last).append(prefix + name)
    return found


def row_of(row: nn.Module, prefix: str) -> list[Names]:
    """The parts of a row that have weights, a list of one name each."""
    return [[prefix + name] for name, part in row.named_children() if next(part.parameters(), None) is not None]


def pathways(children: dict[str, nn.Module], prefix: str) -> Iterator[tuple[str, nn.Module]]:
    """Backbones side by side among the children of one, with the prefix of their names."""
    for name, child in children.items():
        if name == "streams":
            yield from ((f"{prefix}{name}.{side}.", stream) for side, stream in child.named_children())
        elif name in SIDES:
            yield f"{prefix}{name}.", child


def together(sides: Sequence[Cut], body: nn.Module, prefix: str) -> Cut:
    """Pathways side by side as one, with what leads from one to another."""
    rows = [list(chain(*parts)) for parts in zip_longest(*(side.rows for side in sides), fillvalue=[])]
    for index, row in enumerate(rows[: len(getattr(body, BETWEEN, ()))]):
        row.append(f"{prefix}{BETWEEN}.{index}")
    return Cut(list(chain(*(side.first for side in sides))), rows, list(chain(*(side.last for side in sides))))


def rest(found: Cut, body: nn.Module, prefix: str) -> Cut:
    """A cut, with all of a backbone's own children and parameters at its end that were not yet in it."""
    known = {name.removeprefix(prefix).partition(".")[0] for name in found.all()}
    own = [name for name, _ in (*body.named_children(), *body.named_parameters(recurse=False))]
    return Cut(found.first, found.rows, found.last + [prefix + name for name in own if name not in known])


def stages(network: Network) -> list[Names]:
    """The names of modules and parameters of a network, in parts from its clip to its answer.

    They are the stem (it may be empty), each stage or block, the rest of the backbone with the readout, and the
    classifier.
    """
    found = cut(network.backbone, "backbone.")
    return [found.first, *found.rows, [*found.last, "readout"], ["classifier"]]


def depth_of(network: Network) -> Callable[[str], int]:
    """A function from the name of a module or parameter of a network to the number of its part in `stages`."""
    numbers = {name: number for number, names in enumerate(stages(network)) for name in names}

    def depth(name: str) -> int:
        above = accumulate(name.split("."), "{}.{}".format)
        return next((numbers[path] for path in above if path in numbers), max(numbers.values()))

    return depth


def freeze(network: Network, frozen: int) -> None:
    """Let the stem and the first `frozen` stages (blocks, where a backbone has no stages) keep their weights, in place;
    -1: all but the classifier, 0: nothing.

    Their batch norm keeps its statistics too, and nothing in them drops anything: they stay in evaluation mode.
    ModelError where there are fewer.
    """
    if not frozen:
        return
    there = len(stages(network)) - 3
    if not -1 <= frozen <= there:
        raise ModelError(f"frozen is {frozen}; {network.name} has {there} stages or blocks. -1 freezes all but the "
                         "classifier.")
    upto = there + 1 if frozen < 0 else frozen
    depth = depth_of(network)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(depth(name) > upto)
    network.frozen = tuple(name for name, _ in network.named_modules() if depth(name) <= upto)
    network.train(network.training)
