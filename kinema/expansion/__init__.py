"""Expansion (X3D): a tiny network grows along one of six axes at a time, the one that helps most."""

from kinema.expansion.axes import AXES, expanded, options_of
from kinema.expansion.candidate import Candidate
from kinema.expansion.walk import Walk, expand

__all__ = ["AXES", "Candidate", "Walk", "expand", "expanded", "options_of"]
