"""How the catalogue of official checkpoints is made from the published tables."""
