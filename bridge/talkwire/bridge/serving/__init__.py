"""The server: a loop, a desk for requests, a studio for each NPC."""
