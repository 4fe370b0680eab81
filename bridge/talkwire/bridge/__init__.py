"""Frames over ZeroMQ: the wire, the server, the reference client."""
