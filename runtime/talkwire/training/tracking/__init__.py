"""One video in, a `Capture` out: what was filmed of a head, measured frame by frame."""
