"""Engines built by TensorRT for RTX: on any machine, without a card, for cards by their name. Or by the full
TensorRT, for the card at hand.

The only importer of tensorrt_rtx and tensorrt, whose interfaces agree here. Networks are strongly typed: how
they are rounded is decided in the graph (`graph_forms`), not by the builder.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from talkwire.runtime.errors import EngineError, missing
from talkwire.runtime.graph_forms import Precision, in_form

TARGETS: Final = {  # compute capability, and cards that have it
    "sm75": "RTX 20, GTX 16, T4",
    "sm80": "A100, A30",
    "sm86": "RTX 30, A10, A40",
    "sm89": "RTX 40, L4, L40",
    "sm120": "RTX 50, RTX PRO Blackwell",
    "sm121": "DGX Spark",
}
DEFAULT_TARGETS: Final = ("sm86", "sm89", "sm120")
MOST_NPCS: Final = 4096


class Builder(StrEnum):
    """The two libraries, by the extras that install them."""

    rtx = "trt-rtx"
    full = "tensorrt"

    @property
    def module(self) -> Any:
        """The library itself. Raises MissingDependency."""
        try:
            if self is Builder.rtx:
                import tensorrt_rtx

                return tensorrt_rtx
            import tensorrt

            return tensorrt
        except ImportError:
            raise missing(self.value, extra=self.value, need="TensorRT engines") from None

    @property
    def label(self) -> str:
        """Name and version; engines of another are built anew. Raises MissingDependency."""
        return f"{'TensorRT for RTX' if self is Builder.rtx else 'TensorRT'} {self.module.__version__}"


def build(
    graph: bytes,
    targets: Sequence[str],
    *,
    precision: Precision,
    npcs: int,
    by: Builder = Builder.rtx,
) -> bytes:
    """An engine for 1 to `npcs` NPCs a call on all these cards. targets: of TensorRT for RTX alone; the full
    TensorRT builds for the card that is there, and needs it.

    Raises EngineError for an unknown card, a graph that is refused or an engine that cannot be built, each
    with what the library says; MissingDependency without the library.
    """
    check_npcs(npcs)
    if by is Builder.rtx:
        check_targets(targets)
    library, form = by.module, in_form(graph, precision)
    said = _Said(library)
    builder = library.Builder(said.log)
    network = builder.create_network(_strongly_typed(library))
    parser = library.OnnxParser(network, said.log)
    if not parser.parse(form):
        errors = [parser.get_error(i) for i in range(parser.num_errors)]
        raise _refusal("a graph is refused", ", ".join(sorted({e.node_operator() for e in errors})), by)
    config = builder.create_builder_config()
    config.add_optimization_profile(_profile(builder, network, npcs))
    if by is Builder.rtx:
        config.num_compute_capabilities = len(targets)
        for number, target in enumerate(targets):
            config.set_compute_capability(getattr(library.ComputeCapability, target.upper()), number)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise _refusal("an engine cannot be built", said.last, by)
    return bytes(engine)


def check_npcs(npcs: int) -> None:
    """Raises EngineError for an absurd number."""
    if not 1 <= npcs <= MOST_NPCS:
        raise EngineError(
            "engines cannot be built for so many NPCs",
            seen=npcs,
            wanted=f"1 to {MOST_NPCS}",
            cure="choose another --npcs",
        )


def check_targets(targets: Sequence[str]) -> None:
    """Raises EngineError for a card that there is not."""
    unknown = [target for target in targets if target not in TARGETS]
    if unknown or not targets or len(set(targets)) < len(targets):
        raise EngineError(
            "engines cannot be built for these cards",
            seen=",".join(targets) or "none",
            wanted="different ones of " + ", ".join(f"{name} ({cards})" for name, cards in TARGETS.items()),
            cure="name them as --target sm86,sm89 (sm90 and sm100 are not of this library)",
        )


def _strongly_typed(library: Any) -> int:
    """The flag of versions that have it; newer networks are never anything else."""
    flag = getattr(library.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _profile(builder: Any, network: Any, npcs: int) -> Any:
    """The first axis of a feed is NPCs, unless its length is known: 1, most often a quarter, at most all."""
    profile = builder.create_optimization_profile()
    for number in range(network.num_inputs):
        feed = network.get_input(number)
        if feed.shape[0] > 0:
            continue
        least, often, most = ((count, *tuple(feed.shape)[1:]) for count in (1, max(1, npcs // 4), npcs))
        profile.set_shape(feed.name, least, often, most)
    return profile


class _Said:
    """What the library last complained of; it has no card to complain of the lack of."""

    def __init__(self, library: Any) -> None:
        self.last = "no reason"

        class Log(library.ILogger):  # type: ignore[misc]
            def log(log, severity: Any, message: str) -> None:  # noqa: N805
                if severity <= library.ILogger.Severity.ERROR and "cudaError" not in message:
                    self.last = message.splitlines()[0][:200]

        self.log = Log()


def _refusal(what: str, seen: str, by: Builder) -> EngineError:
    return EngineError(
        what,
        seen=seen[:300],
        wanted=f"a graph that {by.label} takes",
        cure="use --engine onnx, or another --precision",
    )
