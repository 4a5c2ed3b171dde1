"""Answers to classes of unequal size: weights for the loss, or weights for drawing clips."""

import torch

from kinema.data.clips import ClipTable

LARGEST_POSITIVE_WEIGHT = 100.0  # a class seen three times in thousands must not outweigh all others


def class_weights(table: ClipTable, sigmoid: bool) -> torch.Tensor:
    """How much a mistake on each class counts: K, float32; a class without clips counts 0.

    Where classes compete: labels / (classes with clips x clips of the class), so that a weighted label counts 1 on
    average. Where each is learnt by itself (`sigmoid`): absent / present, for the `pos_weight` of binary
    cross-entropy, at most 100.
    """
    count_K = torch.tensor(list(table.counts().values()), dtype=torch.float64)
    seen_K = count_K > 0
    if sigmoid:
        weight_K = ((len(table) - count_K) / count_K.clamp(min=1)).clamp(max=LARGEST_POSITIVE_WEIGHT)
    else:
        weight_K = count_K.sum() / (seen_K.sum().clamp(min=1) * count_K.clamp(min=1))
    return (weight_K * seen_K).float()


def sampling_weights(table: ClipTable) -> torch.Tensor:
    """The chance of drawing each clip (N, float64, sums to 1) with which every class comes up equally often.

    A clip of several classes is as likely as the mean over its classes; one of none as the average clip.
    """
    count = list(table.counts().values())
    weights = [
        sum(1 / count[label] for label in row.labels) / len(row.labels) if row.labels else 0.0 for row in table.rows
    ]
    labelled = [weight for weight in weights if weight]
    average = sum(labelled) / len(labelled) if labelled else 1.0
    weight_N = torch.tensor([weight or average for weight in weights], dtype=torch.float64)
    return weight_N / weight_N.sum()
