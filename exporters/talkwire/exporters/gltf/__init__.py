"""glTF 2.0: the head, its shapes and the line as an animation."""
