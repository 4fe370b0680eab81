"""A server on trial: what `talkwire soak` and `talkwire bench wire` put it through, and what they count."""
