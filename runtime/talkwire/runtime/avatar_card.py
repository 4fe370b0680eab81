"""What every kind of avatar has: a card, a topology, and a way to be posed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from talkwire.runtime.avatar_file import Container
from talkwire.runtime.engine import Engine
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.types import Basis, Float32, Part, Patch, Topology

# What kind of generated picture a kind of avatar is, by IPTC's vocabulary of digital source types
# (http://cv.iptc.org/newscodes/digitalsourcetype/): drawn by rules, and a mouth painted into what was filmed;
# what else is learned from samples is LEARNED.
SOURCE_TYPES: Final[Mapping[str, str]] = {
    "blendshape": "algorithmicMedia",
    "g4g": "compositeWithTrainedAlgorithmicMedia",
}
LEARNED: Final = "trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class AvatarCard:
    """What an avatar file says of itself."""

    name: str
    kind: str
    licence: str
    credit: str
    made_by: str  # the program, data and seed that made it
    shows: str  # who is shown, and that they agreed; "nobody: a made-up face" for a synthetic head

    @property
    def generated(self) -> str:
        """What kind of generated picture all is that shows it: a word of IPTC's."""
        return SOURCE_TYPES.get(self.kind, LEARNED)


class Avatar(Protocol):
    """A head that can be posed."""

    def __hash__(self) -> int:
        """One of its own: what is made of it once may be kept."""
        ...

    @property
    def card(self) -> AvatarCard:
        """Name, kind, licence, credit."""
        ...

    @property
    def topology(self) -> Topology:
        """What never changes while it speaks."""
        ...

    @property
    def moves_within(self) -> bool:
        """Whether all of its motion is in its texture, as a video's is: then its head pose stays at rest."""
        ...

    @property
    def window(self) -> int:
        """How many moments of expression it hears at once, 1 / 25 s apart, up to the present one."""
        ...

    @property
    def graphs(self) -> Mapping[str, bytes]:
        """The ONNX files of its networks, by name; none where it has none."""
        ...

    def use(self, engines: Mapping[str, Engine]) -> None:
        """Run the networks of these names on these engines from now on, not on ONNX Runtime on the CPU."""
        ...

    def vertices(self, weights_wx52: Float32) -> Float32:
        """[V, 3] float32 metres in head space; the head pose is not applied.

        weights_wx52: [w, 52], the last row is now; of fewer than `window` rows the first has lasted for ever.
        """
        ...

    def posed(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3]: the same for N expressions at once, each within 1e-7 m of itself alone."""
        ...

    def exact(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3]: the same without any short cut: what other ways of computing it are judged by."""
        ...

    @property
    def basis(self) -> Basis:
        """It as a sum, whatever way its vertices are computed."""
        ...

    def coefficients(self, windows: Sequence[Float32]) -> Float32:
        """[N, own] coefficients of the basis, beside the 52 weights, for N expressions at once."""
        ...

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[Patch, ...]:
        """What of the texture changes: rectangles of it, to be laid in this order.

        life_s: how long the NPC has lived; where `moves_within`, the picture changes with that, too.
        """
        ...

    def painted(self, windows: Sequence[Float32], lives_s: Sequence[float]) -> Sequence[tuple[Patch, ...]]:
        """The same of N NPCs at once."""
        ...


def read_card(container: Container) -> AvatarCard:
    """The card of a checked container. Raises AvatarError when a field is blank, or no Unicode."""
    fields = {name: container.card.get(name) for name in AvatarCard.__dataclass_fields__}
    blank = [
        name for name, value in fields.items() if not isinstance(value, str) or not value or _broken(value)
    ]
    if blank:
        raise AvatarError(
            f"{container.name} has an incomplete card",
            seen=f"no text for {', '.join(blank)}",
            wanted="name, kind, licence, credit, made_by and shows",
            cure="make the avatar again",
        )
    return AvatarCard(**{name: str(value) for name, value in fields.items()})


def read_parts(container: Container, triangle_count: int) -> tuple[Part, ...]:
    """The parts of the mesh, which must cover its triangles in order. Raises AvatarError otherwise."""
    try:
        parts = tuple(
            Part(
                name=str(part["name"]),
                first_triangle=int(part["first_triangle"]),
                triangle_count=int(part["triangle_count"]),
                roughness=float(part["roughness"]),
                specular=float(part["specular"]),
            )
            for part in container.card["parts"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AvatarError(
            f"{container.name} has unreadable parts",
            seen=repr(error),
            wanted="a list of name, first_triangle, triangle_count, roughness, specular",
            cure="make the avatar again",
        ) from None
    odd = [part.name for part in parts if not (0 <= part.roughness <= 1 and 0 <= part.specular <= 1)]
    if odd:
        raise AvatarError(
            f"{container.name} has parts with an impossible look",
            seen=f"roughness or specular of {', '.join(odd)}",
            wanted="0 to 1",
            cure="make the avatar again",
        )
    covered = 0
    for part in parts:
        if part.first_triangle != covered or part.triangle_count <= 0:
            break
        covered += part.triangle_count
    if covered != triangle_count:
        raise AvatarError(
            f"{container.name} has parts that do not cover its mesh",
            seen=f"{covered} triangles in order",
            wanted=f"all {triangle_count}",
            cure="make the avatar again",
        )
    return parts


def _broken(text: str) -> bool:
    """JSON can say half of a character, which no file and no wire takes."""
    return any("\ud800" <= char <= "\udfff" for char in text)
