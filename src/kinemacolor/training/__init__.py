"""Training of networks: losses, the loop, and a recipe per model."""
