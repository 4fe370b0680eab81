"""Audio in, frames out: no sockets, no wall clock."""
