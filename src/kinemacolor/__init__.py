"""Kinemacolor colours black-and-white film from a few colour stills."""

__version__ = "0.1.0"
