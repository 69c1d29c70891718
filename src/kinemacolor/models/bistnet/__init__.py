"""BiSTNet: Semantic Image Prior Guided Bidirectional Temporal Feature Fusion (Yang et al., 2022, arXiv:2212.02268)."""
