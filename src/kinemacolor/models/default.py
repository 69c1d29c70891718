"""The model that is taken where none is named; apart, so that the command line knows it without loading torch."""

DEFAULT = "colormnet-lite"
