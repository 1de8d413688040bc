"""The command `dashboard`: serves the dashboard of the project."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator_celery.cli.project import command, opened, said
from orchestrator_celery.model.printing.text import printable

if TYPE_CHECKING:
    from orchestrator_celery import Orchestrator
    from orchestrator_celery.dashboard.server.access.logins import Auth

__all__ = ("dashboard",)

NO_PAGES = (
    "This installation has no pages, so only the API answers. In a checkout, run `make frontend` and reload. If pip "
    "built the package from a git address, install it again with ORCHESTRATOR_PAGES=build in the environment."
)

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
    click.option(
        "--port", "-p", type=click.IntRange(0, 65535), default=5580, show_default=True, help="0: any free port."
    ),
    click.option("--token-file", type=_FILE, help="Who may log in: lines of `<token> <name> <role>`."),
    click.option("--users-file", type=_FILE, help="Who may log in: lines of `<name> <password> <role>`."),
    click.option("--auth", metavar="MODULE:NAME", help="Who may log in: an object of the project, such as OIDCAuth."),
    click.option("--read-only", is_flag=True, help="Refuse all verbs, whoever asks."),
    click.option("--base-path", default="", help="The path under which a proxy serves it, such as /ops."),
    click.option("--allow-host", multiple=True, help="A host name under which it is served; any by default."),
    click.option("--proxy", multiple=True, help="Address of a proxy whose X-Forwarded-For is believed."),
    click.option("--secret-file", type=_FILE, help="The key of sessions, at least 32 characters; for several servers."),
)
def dashboard(ctx: click.Context, host: str, port: int, **options: Any) -> None:
    """Serve the dashboard until it is stopped.

    Without a login, it answers programs on this machine only. Roles are viewer, operator and admin.
    """
    try:
        from orchestrator_celery.dashboard import serving
    except ImportError:
        raise click.ClickException(
            "The dashboard needs FastAPI and Uvicorn: pip install 'orchestrator-celery[dashboard]'."
        ) from None
    with opened(ctx) as found:
        auth = _auth(options["token_file"], options["users_file"], options["auth"])
        _check_exposure(host, auth)
        application = _application(found, auth, options)
        listening = serving.listen(host, port)
        if not serving.has_pages():
            click.echo(NO_PAGES, err=True)
        name = f"[{host}]" if ":" in host else host
        said(f"http://{name}:{listening.getsockname()[1]}{_base(options['base_path'])}/")
        serving.serve(application, listening, options["proxy"])


def _check_exposure(host: str, auth: Auth | None) -> None:
    from orchestrator_celery.dashboard.serving import is_loopback

    if auth is None and not is_loopback(host):
        raise click.UsageError(
            f"On {host}, other machines reach the dashboard, and it has no login: everybody there could stop and "
            "delete runs. Add --token-file, --users-file or --auth, or listen on 127.0.0.1 and use an SSH tunnel."
        )


def _auth(tokens: Path | None, users: Path | None, name: str | None) -> Auth | None:
    from orchestrator_celery.dashboard.server.access.files import read_tokens, read_users

    given = [way for way in (tokens, users, name) if way is not None]
    if len(given) > 1:
        raise click.UsageError("There is one way to log in: give --token-file, --users-file or --auth.")
    if tokens is not None:
        return read_tokens(tokens)
    if users is not None:
        return read_users(users)
    return None if name is None else _imported(name)


def _imported(name: str) -> Auth:
    module, _, attribute = name.partition(":")
    try:
        found: Auth = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as exc:
        raise click.UsageError(printable(f"--auth {name} cannot be imported: {exc}. Write module:name.")) from None
    if not all(hasattr(found, part) for part in ("kind", "visitor", "knows")):
        raise click.UsageError(
            printable(f"--auth {name} is no login: it must be TokenAuth, BasicAuth, OIDCAuth or DjangoAuth.")
        )
    return found


def _application(found: Orchestrator, auth: Auth | None, options: dict[str, Any]) -> Any:
    from orchestrator_celery.dashboard import create_dashboard
    from orchestrator_celery.dashboard.server.access.files import read_secret

    secret = options["secret_file"]
    return create_dashboard(
        found.app,
        auth=auth,
        base_path=options["base_path"],
        hosts=options["allow_host"],
        read_only=options["read_only"],
        secret=None if secret is None else read_secret(secret),
    )


def _base(path: str) -> str:
    return f"/{path.strip('/')}" if path.strip("/") else ""
