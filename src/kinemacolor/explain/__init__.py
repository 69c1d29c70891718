"""Why a frame got its colours: features, matches and memory of a model, as pictures."""
