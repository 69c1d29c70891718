"""Training data: clips from films and photographs, varied and worn as old film is."""
