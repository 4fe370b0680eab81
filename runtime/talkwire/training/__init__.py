"""Makes what the runtime ships: motion networks and avatars."""
