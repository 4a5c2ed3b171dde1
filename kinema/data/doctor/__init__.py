"""The data doctor: decodes every clip of a list and says what is wrong with which; nothing is ever deleted."""

from kinema.data.doctor.check import check
from kinema.data.doctor.health import HealthReport, Problem
from kinema.data.doctor.inspect import FileHealth

__all__ = ["FileHealth", "HealthReport", "Problem", "check"]
