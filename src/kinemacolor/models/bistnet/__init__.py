"""BiSTNet: Semantic Image Prior Guided Bidirectional Temporal Feature Fusion (Yang et al., arXiv:2212.02268)."""
