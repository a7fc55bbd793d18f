"""Band expressions such as ``(B08-B04)/(B08+B04)``: what does this text mean, and what is it for these arrays?

The text goes one way, and each step is one file:

    text -> scan (which characters) -> parse (our tree) -> canonical (text for numexpr, typed) -> evaluate (pixels)

Nothing that a user wrote reaches numexpr: bands are renamed, numbers are bound or written anew, functions come from
a fixed table. Dialects: outputs are separated by ``;`` (today) or by a comma outside parentheses (2020).
"""

from app.compute.expression.evaluate import evaluate
from app.compute.expression.parse import MAX_DEPTH, MAX_EXPONENT, compile_expression
from app.compute.expression.scan import MAX_CHARACTERS, MAX_NODES, MAX_OUTPUTS
from app.model.expression import Expression

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_EXPONENT",
    "MAX_NODES",
    "MAX_OUTPUTS",
    "Expression",
    "compile_expression",
    "evaluate",
]
