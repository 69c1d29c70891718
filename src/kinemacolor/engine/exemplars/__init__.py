"""Exemplars around any model: in both directions inside a shot, and corrections carried through it."""
