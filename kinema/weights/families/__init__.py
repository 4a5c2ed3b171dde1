"""What network weights are of, read off their names and shapes: one family a file, this is their table.

A family takes the shapes of weights under kinema's names and gives the candidates they may be of, the likeliest first;
none when they are of no network of this family.
"""

from collections.abc import Callable

from kinema.weights.candidate import Candidate, Shapes
from kinema.weights.families import (
    biglittle,
    c3d,
    densenet,
    eco,
    inception,
    mobilenet,
    mobileone,
    movinet,
    mvit,
    resnet,
    resnet3d,
    slowfast,
    swin,
    tdn,
    tea,
    uniformer,
    uniformerv2,
    vit,
    x3d,
)

FAMILIES: tuple[Callable[[Shapes], list[Candidate]], ...] = (
    resnet.candidates, slowfast.candidates, resnet3d.candidates, biglittle.candidates, tdn.candidates, tea.candidates,
    inception.candidates, inception.branched, eco.candidates, densenet.candidates, c3d.candidates,
    x3d.candidates, mobilenet.candidates, mobileone.candidates, movinet.candidates,
    mvit.candidates, swin.candidates, uniformer.candidates, uniformerv2.candidates,
    vit.candidates,
)
