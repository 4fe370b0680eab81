"""Baked clips: glTF, video, curves and raw arrays."""
