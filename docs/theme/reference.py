"""Makes the pages of the API reference from the docstrings: one page for each group of public names.

`__init__.pyi` lists the names of the package, and the layer that a name comes from says its group. A public module
shows the names in its `__all__`.
"""

from __future__ import annotations

import ast
from pathlib import Path

from mkdocs.structure.files import File

PACKAGE = "orchestrator_celery"
INDEX = "reference/api.md"
#: Groups of the package's own names: title, what it holds, and the modules that its names come from. The first fits.
GROUPS = (
    ("Orchestrator and settings", "the object that a project installs", ("orchestrator", "settings", "lifecycle")),
    ("Errors", "every error class with its attributes", ("errors",)),
    ("Conditions", "expressions that graphs branch on", ("canvas.conditions",)),
    ("Primitives and graphs", "what a workflow is written with", ("canvas",)),
    ("Runs and lists", "what starting, finding and following runs returns", ("handles", "views")),
    ("Events and changes", "records of what happened", ("model.events", "model.changes")),
    ("Records", "frozen records that methods return", ("model",)),
)
#: Modules that users import by their own name.
MODULES = (
    ("templates", "ready-made graphs"),
    ("notify", "signatures for subscriptions"),
    ("dashboard", "the dashboard in your own web application"),
    ("metrics", "metrics for Prometheus"),
    ("testing", "crash points for tests"),
    ("testing.plugin", "fixtures of the pytest plugin"),
    ("store.embedded", "a private Redis for tests and demos"),
)


def public_names(root: Path) -> dict[str, str]:
    """Return the public names of the package, with the module that each comes from."""
    tree = ast.parse((root / PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: node.module or "" for node in imports for alias in node.names if node.module}


def grouped(root: Path) -> dict[str, list[str]]:
    """Return the public names of each group. A name of no group is an error."""
    found: dict[str, list[str]] = {title: [] for title, *_ in GROUPS}
    for name, module in public_names(root).items():
        homes = (title for title, _, prefixes in GROUPS if f"{module}.".startswith(tuple(f"{p}." for p in prefixes)))
        found[next(homes)].append(name)
    return {title: sorted(names, key=str.lower) for title, names in found.items()}


def _slug(title: str) -> str:
    return title.lower().replace(" ", "-").replace(".", "-")


def pages(root: Path) -> dict[str, tuple[str, str, str]]:
    """Return path, title, subject and text of each page."""
    made = {}
    names = grouped(root)
    for title, about, _ in GROUPS:
        body = "".join(f"::: {PACKAGE}.{name}\n\n" for name in names[title])
        more = " The [error index](../errors.md) says what to do about each." if title == "Errors" else ""
        text = f"# {title}\n\n{about[0].upper()}{about[1:]}. Import the names from `{PACKAGE}`.{more}\n\n{body}"
        made[f"reference/api/{_slug(title)}.md"] = title, about, text
    for module, about in MODULES:
        path = f"{PACKAGE}.{module}"
        source = f"{path}.exposition" if module == "metrics" else path  # a function there has the name of its module
        options = "    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"
        made[f"reference/api/{_slug(module)}.md"] = path, about, f"# {path}\n\n::: {source}\n{options}"
    return made


def on_files(files, config):
    """Add the pages, below the page that the navigation has for the reference."""
    made = pages(Path(config.docs_dir).parent)
    for path, (_, _, text) in made.items():
        files.append(File.generated(config, path, content=text))
    children = [INDEX, *({title: path} for path, (title, _, _) in made.items())]
    for section in config.nav:
        for entries in section.values():
            if isinstance(entries, list):
                entries[:] = [{"API": children} if INDEX in getattr(e, "values", tuple)() else e for e in entries]
    return files


def on_page_markdown(markdown, page, config, **_):
    """Give the page of the reference the list of its pages."""
    if page.file.src_uri != INDEX:
        return markdown
    made = pages(Path(config.docs_dir).parent)
    rows = "\n".join(
        f"| [{title}]({path.removeprefix('reference/')}) | {about} |" for path, (title, about, _) in made.items()
    )
    return f"{markdown}\n| page | contents |\n|---|---|\n{rows}\n"
