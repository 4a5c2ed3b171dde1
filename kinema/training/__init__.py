"""From a recipe to a run: a folder with weights, a log and all that is needed to go on."""
