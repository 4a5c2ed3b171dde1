"""Kernels for training on a CPU: C++ beside these files, built on demand with the system's compiler.

They take tensors that are laid out channels-last (N T H W C in memory) and give the same answers as torch, to rounding.
Whatever they do not suit is torch's: other devices and layouts, compiling, exporting, tracing.
"""
