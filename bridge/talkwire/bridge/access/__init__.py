"""Who may connect, and what each may do: keys, tokens, owners, limits."""
