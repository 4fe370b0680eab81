"""Motion without a mesh: what other tools read as curves."""
