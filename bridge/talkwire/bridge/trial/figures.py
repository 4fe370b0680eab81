"""Numbers of a trial, as its report has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WHICH = (50, 95, 99, 100)


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """p50, p95, p99 and p100 of those that are known (NaN is not); None where none is."""
    known = [value for value in values if value == value]
    found = np.percentile(known, WHICH) if known else [None] * len(WHICH)
    return {f"p{p}": None if x is None else round(float(x), 2) for p, x in zip(WHICH, found, strict=True)}
