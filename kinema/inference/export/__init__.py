"""A network as a file that other runtimes run, of clips or of a stream, held against the network when it is written."""

from kinema.inference.export.write import export

__all__ = ["export"]
