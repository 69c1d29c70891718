"""From frames and exemplars to frames in color."""
