"""A network behind HTTP: a queue that survives kills, and a page to look at videos, correct labels and train again."""
