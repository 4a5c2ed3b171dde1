"""Watching cameras: frames as they come, alerts, the seconds around them, and who is told."""
