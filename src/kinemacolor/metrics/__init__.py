"""Measures of colour: a pure function each, and one streaming mean. A long film is scored in constant memory."""
