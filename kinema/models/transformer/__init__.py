"""Video transformers: one family a file."""
