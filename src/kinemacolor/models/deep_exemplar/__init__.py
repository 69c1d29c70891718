"""Deep Exemplar-based Video Colorization (Zhang et al., CVPR 2019)."""
