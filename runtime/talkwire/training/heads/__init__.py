"""Morphable heads: what is known of any head before a video of one is seen."""
