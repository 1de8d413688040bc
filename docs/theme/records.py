"""Tells Griffe what the docstrings of this package leave to their readers.

- A record (pydantic, NamedTuple, dataclass) has no constructor in the source: its docstring has the fields as `Args:`.
- A constant, or a member of an enum, is described by a comment `#: ...` on its line, or on the line above.
"""

from __future__ import annotations

import re
from pathlib import Path

import griffe

FIELD = re.compile(r"^    (\w+): ", re.MULTILINE)
STUB = Path(__file__).parents[2] / "orchestrator_celery/__init__.pyi"
PUBLIC = set(re.findall(r" as (\w+)", STUB.read_text(encoding="utf-8")))
COMMENT = re.compile(r"#: (.+)$")


class Records(griffe.Extension):
    """Shows the fields of records with their types, and comments of constants as descriptions."""

    def on_class(self, *, cls: griffe.Class, **_) -> None:
        """Read `Args:` of a class without a constructor as a list of its fields, and hide internal base classes."""
        cls.bases = [base for base in cls.bases if not str(base).rpartition(".")[2].startswith(("_", "BaseModel"))]
        if cls.docstring is None or "__init__" in cls.members or "\nArgs:\n" not in cls.docstring.value:
            return
        before, fields = cls.docstring.value.split("\nArgs:\n")
        listed = {name: cls.members[name] for name in FIELD.findall(fields) if name in cls.members}
        if not listed:
            return

        def typed(match: re.Match[str]) -> str:
            found = listed.get(match[1])
            return f"    {match[1]} ({found.annotation}): " if found and found.is_attribute else match[0]

        cls.docstring.value = f"{before}\nAttributes:\n{FIELD.sub(typed, fields)}"
        _, *parts = FIELD.split(fields)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in listed and cls.name in PUBLIC:
                del cls.members[name]  # one place for a field is enough
            elif name in listed:  # a base class that only its subclasses show
                listed[name].docstring = griffe.Docstring(" ".join(text.split()), parent=listed[name])

    def on_attribute(self, *, attr: griffe.Attribute, **_) -> None:
        """Give a constant the comment that describes it."""
        if attr.docstring is not None or not attr.lineno:
            return
        lines = attr.lines_collection[attr.filepath]
        own, above = lines[attr.lineno - 1], lines[attr.lineno - 2].strip()
        found = COMMENT.search(own) or (COMMENT.match(above) if above.startswith("#:") else None)
        if found:
            text = found[1].rstrip(".")
            attr.docstring = griffe.Docstring(f"{text[0].upper()}{text[1:]}.", parent=attr)
