"""Which characters are an expression at all? Cuts the text into tokens and outputs, or says what is wrong and where.

The alphabet is small on purpose: names, numbers, operators, ``( ) , ;``. Strings, brackets, dots, ``=`` and ``:``
do not exist, so no attribute, keyword argument, lambda, comprehension or f-string can be written. The scanner also
checks the order of values and operators and every size, so that Python's parser behind it only sees short, sound text.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import InvalidExpression, shorten

MAX_CHARACTERS = 2048
MAX_NODES = 256
"""Names, numbers and operators in all outputs together."""
MAX_PARENTHESES = 32
MAX_OUTPUTS = 8

_TOKEN = re.compile(
    r"""(?P<space>\ +)
      | (?P<number>0[xX][0-9a-fA-F]+ | 0[bB][01]+ | (?:[0-9]+(?:\.[0-9]*)? | \.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator>\*\*|//|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>])
      | (?P<mark>[(),;])""",
    re.VERBOSE,
)
_WORD_OPERATORS = frozenset({"and", "or", "not"})
_BEFORE_VALUE = frozenset({"+", "-", "~", "not"})
_NOT_BETWEEN = frozenset({"~", "not"})
_REMEDIES = {
    "=": "to compare write ==",
    "!": "for 'is not equal' write !=, for 'not' write ~(…)",
    "?": "for a choice write where(condition, a, b)",
    ":": "for a choice write where(condition, a, b)",
    ".": "nothing has attributes here; a number is written 0.5 or .5",
    "'": "text has no place here; names are written bare, such as B04",
    '"': "text has no place here; names are written bare, such as B04",
    "`": "text has no place here; names are written bare, such as B04",
    "[": "brackets are not used here; group with ( )",
    "]": "brackets are not used here; group with ( )",
    "{": "brackets are not used here; group with ( )",
    "}": "brackets are not used here; group with ( )",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Source of one output, stripped, and where it begins in the text as sent."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class _Open:
    position: int
    is_call: bool


def refuse(text: str, position: int, message: str) -> InvalidExpression:
    """Make the error for the place ``position`` (from 0) of ``text``, showing the text that begins there."""
    near = f", at {shorten(text[position:], 24)!r}" if position < len(text) else " (its end)"
    return InvalidExpression(f"Expression, position {position}{near}: {message}.", position=position)


def scan(text: str) -> tuple[Piece, ...]:
    """Cut ``text`` into the sources of its outputs.

    ``where(B04>1,2,3), B03`` has two outputs: only commas outside parentheses separate. One ``;`` at the end is fine.

    Raises:
        InvalidExpression: A character, an order of tokens or a size that is not accepted.
    """
    if len(text) > MAX_CHARACTERS:
        raise refuse(text, MAX_CHARACTERS, f"longer than {MAX_CHARACTERS} characters ({len(text)}); shorten it")
    if not text.strip(" "):
        raise InvalidExpression("The expression is empty; an example is (B08-B04)/(B08+B04).", position=0)
    scanner = _Scanner(text)
    for token in _tokens(text):
        scanner.step(token)
    return scanner.finish()


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise refuse(text, position, _unreadable(text[position]))
        if match.lastgroup == "number":
            _check_number_ends(text, match.end())
        if match.lastgroup != "space":
            yield _token(text, match)
        position = match.end()


def _token(text: str, match: re.Match[str]) -> _Token:
    word = match.group()
    if word in _WORD_OPERATORS:
        return _Token("operator", word, match.start())
    if keyword.iskeyword(word):
        remedy = "write 1 or 0" if word in {"True", "False"} else "a choice is written where(condition, a, b)"
        raise refuse(text, match.start(), f"{word!r} is a reserved word; {remedy}")
    return _Token(str(match.lastgroup), word, match.start())


def _check_number_ends(text: str, end: int) -> None:
    following = text[end : end + 1]
    if following in {".", "_"} or following.isalnum():
        raise refuse(text, end, "this continues a number; names begin with a letter, numbers are 1500, 0.5 or 1e-4")


def _unreadable(char: str) -> str:
    if char in _REMEDIES:
        return f"{char!r} is not used in expressions; {_REMEDIES[char]}"
    if char.isascii() and char.isprintable():
        return f"{char!r} is not used in expressions; there are + - * / // % ** & | ^ ~ << >> < <= > >= == != ( ) , ;"
    return "only printable ASCII characters are accepted; names are made of A-Z, a-z, 0-9 and _"


class _Scanner:
    """Reads tokens from left to right; knows whether a value or an operator comes next, and which ``(`` are open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._previous = _Token("mark", "", 0)
        self._expects_value = True
        self._open: list[_Open] = []
        self._cuts: list[int] = []
        self._nodes = 0

    def step(self, token: _Token) -> None:
        """Take the next token; refuse it where it cannot stand."""
        if token.kind == "mark":
            {"(": self._opening, ")": self._closing, ",": self._comma, ";": self._semicolon}[token.text](token)
        elif token.kind == "operator":
            self._operator(token)
        else:
            self._value(token)
        self._previous = token

    def finish(self) -> tuple[Piece, ...]:
        """Give the outputs, once everything that was opened is closed."""
        if self._open:
            raise refuse(self._text, self._open[-1].position, "this '(' is never closed; add a ')'")
        if self._expects_value and self._previous.text != ";":
            raise refuse(self._text, len(self._text), f"a value is missing after {self._previous.text!r}")
        ends = self._cuts if self._expects_value else [*self._cuts, len(self._text)]
        starts = [0, *(cut + 1 for cut in self._cuts)]
        return tuple(_piece(self._text, start, end) for start, end in zip(starts, ends, strict=False))

    def _value(self, token: _Token) -> None:
        if not self._expects_value:
            raise refuse(self._text, token.position, f"an operator is missing before {shorten(token.text, 24)!r}")
        self._count(token)
        self._expects_value = False

    def _operator(self, token: _Token) -> None:
        if self._expects_value and token.text not in _BEFORE_VALUE:
            raise refuse(self._text, token.position, f"a value is missing before {token.text!r}; {_remedy(token.text)}")
        if not self._expects_value and token.text in _NOT_BETWEEN:
            raise refuse(self._text, token.position, f"an operator is missing before {token.text!r}")
        self._count(token)
        self._expects_value = True

    def _opening(self, token: _Token) -> None:
        is_call = not self._expects_value and self._previous.kind == "name"
        if not self._expects_value and not is_call:
            raise refuse(self._text, token.position, "only a function name can stand before '('; write * to multiply")
        if len(self._open) == MAX_PARENTHESES:
            raise refuse(self._text, token.position, f"parentheses are nested deeper than {MAX_PARENTHESES}; simplify")
        self._open.append(_Open(token.position, is_call))
        self._expects_value = True

    def _closing(self, token: _Token) -> None:
        if not self._open:
            raise refuse(self._text, token.position, "this ')' closes nothing; remove it or add a '('")
        if self._expects_value and not (self._previous.text == "(" and self._open[-1].is_call):
            raise refuse(self._text, token.position, "a value is missing before ')'")
        self._open.pop()
        self._expects_value = False

    def _comma(self, token: _Token) -> None:
        if self._open and not self._open[-1].is_call:
            raise refuse(self._text, token.position, "a comma separates arguments or outputs; this '(' is neither")
        self._check_value_before(token)
        if not self._open:
            self._cut(token)

    def _semicolon(self, token: _Token) -> None:
        if self._open:
            raise refuse(self._text, self._open[-1].position, "this '(' is not closed before ';'; add a ')'")
        self._check_value_before(token)
        self._cut(token)

    def _check_value_before(self, token: _Token) -> None:
        if self._expects_value:
            raise refuse(self._text, token.position, f"a value is missing before {token.text!r}")
        self._expects_value = True

    def _cut(self, token: _Token) -> None:
        self._cuts.append(token.position)
        if len(self._cuts) >= MAX_OUTPUTS and self._text[token.position + 1 :].strip(" "):
            raise refuse(self._text, token.position, f"more than {MAX_OUTPUTS} outputs; ask for fewer")

    def _count(self, token: _Token) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise refuse(self._text, token.position, f"more than {MAX_NODES} names, numbers and operators; simplify")


def _remedy(operator: str) -> str:
    if operator in {"&", "|"}:
        return f"a single {operator} joins two conditions"
    return "** is a power, and arguments cannot be spread" if operator in {"*", "**"} else "add it"


def _piece(text: str, start: int, end: int) -> Piece:
    source = text[start:end]
    stripped = source.strip(" ")
    return Piece(stripped, start + len(source) - len(source.lstrip(" ")))
