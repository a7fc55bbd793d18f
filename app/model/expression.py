"""An expression that has been read and found harmless: small trees of numbers, bands and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Number:
    """A constant: an int within 64 bits, a finite float, or a bool (from a comparison of constants)."""

    value: int | float
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Band:
    """A band by the name it has in the text, case kept."""

    name: str
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function on one or more values.

    Attributes:
        name: The operator (``+``, ``<=``, ``and``), ``neg`` or ``pos`` for a sign, or a function's name in lower case.
        position: Offset in the text as sent, from 0, where its source begins.
    """

    name: str
    arguments: tuple[Node, ...]
    position: int = field(compare=False)


Node = Number | Band | Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Band math; two are equal when their texts are equal.

    Attributes:
        text: As sent.
        outputs: One tree per output.
        names: The bands it needs, in order of first use, case kept.
        descriptions: The source of each output, without blanks around it.
    """

    text: str
    outputs: tuple[Node, ...] = field(compare=False, repr=False)
    names: tuple[str, ...] = field(compare=False)
    descriptions: tuple[str, ...] = field(compare=False)

    def written(self, bands: Mapping[str, int]) -> str:
        """Text that is equal where the same is computed of the same bands, whatever those are called.

        Args:
            bands: Name to position among the bands read.
        """
        return ";".join(_written(output, bands) for output in self.outputs)


def _written(node: Node, bands: Mapping[str, int]) -> str:
    match node:
        case Number(value):
            return repr(value)
        case Band(name):
            return f"[{bands[name]}]"
        case Operation(name, arguments):
            return f"{name}({','.join(_written(each, bands) for each in arguments)})"
