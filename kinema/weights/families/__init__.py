"""What network weights are of, read off their names and shapes: one family a file, this is their table.

A family takes the shapes of weights under kinema's names and gives the candidates they may be of, the likeliest first;
none when they are of no network of this family.
"""

from collections.abc import Callable

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families import inception, resnet, uniformerv2, vit

FAMILIES: tuple[Callable[[Shapes], list[Candidate]], ...] = (
    resnet.candidates, inception.candidates, uniformerv2.candidates, vit.candidates,
)
