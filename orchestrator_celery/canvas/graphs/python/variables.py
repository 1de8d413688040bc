"""Names for the variables of a module."""

from __future__ import annotations

import builtins
import re
from keyword import iskeyword, softkwlist

from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("IMPORTS", "Names")

#: Every name that a module may import, with its module, in the order of the imports.
IMPORTS = {
    "datetime": ("date", "datetime", "time", "timedelta"),
    "decimal": ("Decimal",),
    "uuid": ("UUID",),
    "celery": ("chain", "chord", "chunks", "group", "signature", "xmap", "xstarmap"),
    "celery.canvas": ("Signature",),
    "orchestrator_celery": (
        "END", "START", "Approval", "ComplexSignature", "ConditionalGraph", "Expression", "Priority", "Retry", "Swarm",
        "error", "node", "otherwise", "result", "run_input", "visits", "when",
    ),
}  # fmt: skip

_TAKEN = {name for names in IMPORTS.values() for name in names} | {*dir(builtins), *softkwlist}
#: The longest name that is made from the name of a node.
_LONGEST = 40


class Names:
    """The variables of one module.

    Args:
        first: the variable of the graph itself.

    Raises:
        InvalidWorkflow: `first` is not a name for a variable.
    """

    def __init__(self, first: str) -> None:
        usable = isinstance(first, str) and first.isidentifier() and first.isascii() and not iskeyword(first)
        if not usable or first in _TAKEN:
            raise InvalidWorkflow(
                f"{safe_repr(first)} is not allowed as the name of the variable: give a name of ASCII letters, digits "
                "and underscores that no import of the module and no builtin has, such as 'orders'."
            )
        self._used = {first}

    def new(self, hint: str) -> str:
        """Return an unused name that resembles a text.

        >>> names = Names("graph")
        >>> names.new("Ship it!"), names.new("ship-it"), names.new("class"), names.new("")
        ('ship_it', 'ship_it_2', 'class_', 'part')
        """
        word = re.sub(r"[^a-z0-9]+", "_", hint.lower())[:_LONGEST].strip("_") or "part"
        if word[0].isdigit():
            word = f"part_{word}"
        if iskeyword(word) or word in _TAKEN:
            word = f"{word}_"
        found, number = word, 1
        while found in self._used:
            number += 1
            found = f"{word.rstrip('_')}_{number}"
        self._used.add(found)
        return found
