"""What a person names, opened as a network."""

from os import PathLike
from pathlib import Path
from typing import NamedTuple

from kinema.machine import Machine, keep_freed_memory
from kinema.models import Network
from kinema.runs import Run
from kinema.weights.pretrained import has_several_labels, is_checkpoint, open_network
from kinema.weights.save import described

Source = str | PathLike[str] | Run | Network


class Opened(NamedTuple):
    """A network, ready to answer, and the run it is of, if it is of one."""

    network: Network
    run: Run | None


def opened(source: Source, device: str | None = None) -> Opened:
    """The network of a run's folder, a `Run`, a file of weights or a checkpoint's id, or the network itself.

    device: "cpu", "cuda", "mps"; None is the best there is.
    """
    run = None
    if isinstance(source, Network):
        network = source
    elif not isinstance(source, Run) and is_checkpoint(source):
        network = open_network(str(source))
    else:
        run = source if isinstance(source, Run) else Run.open(Path(source))
        network = run.model()
    where = Machine(accelerator=device or "auto").device()
    if where.type == "cpu":
        keep_freed_memory()
    return Opened(network.to(where).eval(), run)


def several_labels(source: Source, run: Run | None) -> bool:
    """Whether a clip may have several labels, each with a score of its own; of a `Network` it is not known.

    run: what the source was opened as.
    """
    if run is not None:
        return bool(run.facts.get("multi_label", False))
    if isinstance(source, Network):
        return False
    return bool((described(source) or {}).get("multi_label")) or has_several_labels(str(source))


def clip_seconds_of(source: Source, run: Run | None) -> float | None:
    """How long the clips of the training lasted, where that is told; run: what the source was opened as."""
    if run is not None:
        return run.clip_seconds
    return None if isinstance(source, Network) else (described(source) or {}).get("clip_seconds")
