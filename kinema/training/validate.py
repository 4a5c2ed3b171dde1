"""Judging the weights of a training on its validation clips."""

from math import isnan

from kinema.data.clips import ClipTable
from kinema.errors import DataError
from kinema.evaluation.metrics import metrics
from kinema.evaluation.predict import predict
from kinema.machine import Machine
from kinema.models import Network
from kinema.recipe import Recipe


def validation_accuracy(network: Network, table: ClipTable, recipe: Recipe, machine: Machine) -> float | None:
    """Top-1 accuracy on one view of each clip, or, with several labels a clip, mean average precision; 0 to 1.

    None where there is nothing to measure: no clip, none that can be read, or no clip of any class.
    """
    if not table.rows:
        return None
    try:
        answers = predict(network, table, machine=machine, cache=machine.cache(recipe.clip), quiet=True)
    except DataError:
        return None
    found = metrics(answers.predictions)
    accuracy = found.mean_ap.value if found.mean_ap is not None else found.top1.value
    return None if isnan(accuracy) else accuracy
