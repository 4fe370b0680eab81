"""The preview: a page in `web`, which is a client of the protocol, and what relays it to a browser."""
