"""Networks with the weights of an official checkpoint."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kinema.errors import ModelError
from kinema.models import Network
from kinema.models.names import create_model as untrained
from kinema.weights.catalogue import Checkpoint, all_checkpoints, find_checkpoint, find_pretrained
from kinema.weights.download import DownloadError, fetch
from kinema.weights.identify import from_checkpoint, network_of
from kinema.weights.read import no_weights, read_weights
from kinema.weights.save import FILE
from kinema.weights.translate import translate

SEVERAL_LABELS = ("charades", "multi-moments")
DEFAULT = "pytorchvideo/x3d-m-16x5-kinetics400"  # small, good, and of a licence that allows any use


def get(row: Checkpoint, quiet: bool = False, recheck: bool = False) -> Path:
    """The file of a checkpoint, fetched if it is not in the cache, or (`recheck`) was damaged there."""
    for url in row.urls[:-1]:
        try:
            return fetch(url, row.file_name, row.hash, quiet, recheck)
        except DownloadError:
            continue  # an old name of the file
    return fetch(row.urls[-1], row.file_name, row.hash, quiet, recheck)


def pretrained(
    id_: str, classes: int | Sequence[str] | None = None, quiet: bool = False, **options: Any
) -> Network:
    """The network of an official checkpoint with its weights, its clip and its labels, ready for use.

    `options` are those of `create_model`. With other `classes` the classifier is new and untrained. Raises ModelError
    or DownloadError.
    """
    return pretrained_network(find_checkpoint(id_), classes, quiet, **options)


def pretrained_network(
    row: Checkpoint, classes: int | Sequence[str] | None = None, quiet: bool = False, **options: Any
) -> Network:
    """The network of a row of the catalogue, as `pretrained` gives it."""
    translated = translate(read_weights(get(row, quiet)))
    given = {"clip": row.spec, **row.options, **options}
    if classes is None and not row.classifier:
        raise ModelError(f"{row.id} holds a network without a classifier; pass the classes to train one for.")
    if classes is not None:
        given["classes"] = classes
    elif len(row.class_names) == translated.classes:
        given["classes"] = row.class_names
    return network_of(translated, row.model, given, strict=classes is None)


def create_model(
    name: str, classes: int | Sequence[str] | None = None, *, pretrained: str | None = None, **options: Any
) -> Network:
    """Build a network by its name, with random weights or those of its best official checkpoint.

    `pretrained` names the data set the weights come from, such as "kinetics400", or a checkpoint's id; the classes are
    then its own unless others are given. `classes` and all other `options` are those of `kinema.models.create_model`:
    frames, clip, where, causal, pool, dropout, edges, drop_path, and what the name's parts take. Raises ModelError when
    a name, a value or an option is unknown, DownloadError where the weights cannot be had.
    """
    if pretrained is None:
        return untrained(name, classes, **options)
    row = find_pretrained(name, pretrained)
    if row.model != name:
        raise ModelError(f"{row.id} holds a {row.model}, not a {name}.")
    return pretrained_network(row, classes, **options).train()


def is_checkpoint(source: str | PathLike[str]) -> bool:
    """Is this a file of weights, or the id of a checkpoint: zoo/name?"""
    if Path(source).exists():
        return Path(source).is_file()
    return str(source).partition("/")[0] in {id_.partition("/")[0] for id_ in all_checkpoints()}


def find_source(source: str) -> None:
    """ModelError where there is no run, file or checkpoint to take weights from."""
    if not Path(source).exists():
        if not is_checkpoint(source):
            raise ModelError(no_weights(Path(source)))
        find_checkpoint(source)


def file_of(source: str) -> Path:
    """The path itself, the network's file in a folder that is no run (of a pre-training, of the Hub), or the file of
    the checkpoint of this id.
    """
    path = Path(source)
    if path.is_dir() and not (path / "run.json").is_file() and (path / FILE).is_file():
        return path / FILE
    return get(find_checkpoint(source)) if not path.exists() and is_checkpoint(source) else path


def open_network(source: str, **options: Any) -> Network:
    """The network of a file of weights, or of a checkpoint's id."""
    return from_checkpoint(source, **options) if Path(source).exists() else pretrained(source, **options)


def has_several_labels(source: str) -> bool:
    """Was the checkpoint of this id trained on clips that may each have several labels? Of a file it is not known."""
    return not Path(source).exists() and is_checkpoint(source) and find_checkpoint(source).dataset in SEVERAL_LABELS
