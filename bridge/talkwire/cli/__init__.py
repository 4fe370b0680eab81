"""The `talkwire` command: composes the other layers and holds no logic of its own."""
