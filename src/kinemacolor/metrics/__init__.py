"""Measures of color: a pure function each, and one streaming mean. A long film is scored in constant memory."""
