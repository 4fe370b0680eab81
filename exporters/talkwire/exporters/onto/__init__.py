"""A line as an animation for somebody else's character: by the names of its shapes and bones."""
