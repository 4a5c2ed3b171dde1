"""Labelled videos in tar files (shards), as WebDataset reads and writes them."""
