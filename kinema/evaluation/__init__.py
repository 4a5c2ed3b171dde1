"""Judging networks fairly: predictions, measures with their intervals, calibration and reports."""
