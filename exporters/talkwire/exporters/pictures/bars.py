"""Figures by stage as stacked bars: what takes how long, beside how long there is."""

from __future__ import annotations

import io
from collections.abc import Mapping

from talkwire.runtime.errors import missing


def bars(groups: Mapping[str, Mapping[str, float]], *, unit: str, limit: float) -> bytes:
    """A PNG: one bar for each group, of its parts in order, and a line at the limit.

    Raises MissingDependency without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", extra="render", need="drawing figures") from None
    figure = Figure(figsize=(9, 1.4 + 0.7 * len(groups)), layout="constrained")
    axes = figure.subplots()
    begins = dict.fromkeys(groups, 0.0)
    for part in dict.fromkeys(part for parts in groups.values() for part in parts):
        widths = {name: parts.get(part, 0.0) for name, parts in groups.items()}
        axes.barh(list(groups), list(widths.values()), left=list(begins.values()), label=part)
        begins = {name: begins[name] + widths[name] for name in groups}
    axes.axvline(limit, color="black", linestyle="--")
    axes.set_xlabel(unit)
    axes.invert_yaxis()
    axes.legend(loc="upper right", fontsize="small")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=120)
    return png.getvalue()
