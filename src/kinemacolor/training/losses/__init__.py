"""The losses of the papers, one a file: pure functions of tensors, each with its equation."""
