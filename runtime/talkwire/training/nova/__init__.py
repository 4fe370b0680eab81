"""nova, the default head: built from CC0 data, her skin computed."""
