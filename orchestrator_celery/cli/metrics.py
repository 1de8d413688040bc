"""The command `metrics`: serves metrics to Prometheus."""

from __future__ import annotations

import threading

import click

from orchestrator_celery.cli.project import command, opened, said

__all__ = ("metrics",)


@command(
    click.option(
        "--port", "-p", type=click.IntRange(0, 65535), default=9187, show_default=True, help="0: any free port."
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
    click.option("--once", is_flag=True, help="Print the metrics and end."),
)
def metrics(ctx: click.Context, port: int, host: str, once: bool) -> None:
    """Serve metrics to Prometheus until it is stopped. One process of a project is enough."""
    try:
        from orchestrator_celery.metrics import exposition, serve
    except ImportError:
        raise click.ClickException(
            "Metrics need the package prometheus-client: pip install 'orchestrator-celery[metrics]'."
        ) from None
    with opened(ctx) as found:
        if once:
            click.echo(exposition(found), nl=False)
            return
        try:
            server, _ = serve(found, port, host)
        except OSError as exc:
            problem = f"Port {port} of {host} cannot be used: {exc.strerror}. Choose another."
            raise click.ClickException(problem) from None
        said(f"http://{host}:{server.server_port}/metrics")
        threading.Event().wait()
