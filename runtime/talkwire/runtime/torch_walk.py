"""A graph as a walk over torch's tensors, node by node, each an operation of `torch_ops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from talkwire.runtime.graph_forms import PlainGraph
from talkwire.runtime.torch_ops import ON_HOST, operation

Tensor = torch.Tensor
Values = Mapping[str, Tensor | None]

ABSENT: Final = ""  # the name of an input that is left out


@dataclass(frozen=True)
class _Step:
    """A node: the names of the values that it reads and writes, and of those that nobody reads after it."""

    does: Callable[..., Any]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    last: tuple[str, ...]


class Network:
    """A graph as steps over tensors. What follows from constants alone is computed here, once."""

    def __init__(self, graph: PlainGraph, device: torch.device) -> None:
        known = {name: torch.tensor(values) for name, values in graph.constants.items()} | {ABSENT: None}
        self._outputs, steps = graph.outputs, []
        self._constants: dict[str, Tensor | None] = {}
        shapes: set[str] = set()  # computed on the host for any device: torch wants shapes as numbers there
        for node in graph.nodes:
            does, given = operation(node), [name for name in node.inputs if name not in known]
            if not given:
                known |= _named(node.outputs, does(*(known[name] for name in node.inputs)))
                continue
            numbers = ON_HOST.get(node.op, frozenset())
            of_shapes = node.op == "Shape" or all(
                name in shapes or (name in known and (place in numbers or _is_whole(known[name])))
                for place, name in enumerate(node.inputs)
            )
            shapes |= set(node.outputs) if of_shapes else set()
            reads = []
            for place, name in enumerate(node.inputs):
                at = torch.device("cpu") if of_shapes or place in numbers else device
                reads.append(self._placed(name, known, at))
            steps.append((does, tuple(reads), node.outputs))
        self._constants |= {name: _on(device, known[name]) for name in graph.outputs if name in known}
        self._steps = _with_ends(steps, {*self._constants, *graph.outputs})

    def __call__(self, feeds: Mapping[str, Tensor]) -> dict[str, Any]:
        """Tensors by the names of the graph's feeds to tensors by those of its outputs."""
        values = {**self._constants, **feeds}
        for step in self._steps:
            values |= _named(step.writes, step.does(*[values[name] for name in step.reads]))
            for name in step.last:
                del values[name]
        return {name: values[name] for name in self._outputs}

    def _placed(self, name: str, known: Values, device: torch.device) -> str:
        """The name of a value for a step; a constant is kept where its steps want it, on both if need be."""
        if name not in known:
            return name
        key = f"{name} on {device}"
        if key not in self._constants:
            self._constants[key] = _on(device, known[name])
        return key


def _with_ends(steps: list[tuple[Any, ...]], kept: set[str]) -> list[_Step]:
    """Each step with what is to be forgotten after it: many NPCs would not find room for all at once."""
    ended, later = [], set(kept)
    for does, reads, writes in reversed(steps):
        last = {*reads, *writes} - later
        later |= last
        ended.append(_Step(does, reads, writes, tuple(last)))
    return ended[::-1]


def _named(names: tuple[str, ...], found: Any) -> dict[str, Any]:
    return dict(zip(names, found if isinstance(found, tuple) else (found,), strict=False))


def _on(device: torch.device, value: Tensor | None) -> Tensor | None:
    return None if value is None else value.to(device)


def _is_whole(value: Tensor | None) -> bool:
    return value is None or not value.is_floating_point()
