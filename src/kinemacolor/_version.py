"""The version, for all who write it down: nothing imports the package root for it."""

__version__ = "0.1.0"
