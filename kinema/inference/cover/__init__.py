"""The seconds of a video that tell most, as a moving cover within so many bytes."""
