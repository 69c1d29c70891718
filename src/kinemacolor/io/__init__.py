"""Files to frames and frames to files; knows nothing of models."""
