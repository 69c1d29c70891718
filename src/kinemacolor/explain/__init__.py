"""Why a frame got its colors: features, matches and memory of a model, as pictures."""
