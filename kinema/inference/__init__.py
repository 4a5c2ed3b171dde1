"""Asking a trained network about videos."""
