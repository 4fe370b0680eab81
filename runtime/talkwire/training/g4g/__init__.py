"""G4G: a person's own video, re-spoken in real time, as a moving texture (arXiv 2402.18122)."""
