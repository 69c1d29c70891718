"""How networks come to their weights: losses, the loop, and a recipe per model."""
