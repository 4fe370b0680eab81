"""Videos that were never filmed: nova or one of her family, speaking, with everything known of each frame."""
