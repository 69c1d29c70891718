"""The shell's face on the engine."""
