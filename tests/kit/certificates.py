"""Certificates of one's own, and a Redis that speaks TLS with them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.servers import free_port, missing

__all__ = ("make_certificate", "speak_tls", "tls_options")


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that signs itself; answers its file and that of its key."""
    if shutil.which("openssl") is None:
        missing("openssl")
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def speak_tls(server: EmbeddedRedis, certificate: Path, key: Path) -> int:
    """Make a server listen on a port of TLS too, for clients that have the certificate; answers the port."""
    port = free_port()
    with server.client() as client:
        client.config_set("tls-cert-file", str(certificate), "tls-key-file", str(key))
        client.config_set("tls-ca-cert-file", str(certificate))
        client.config_set("tls-auth-clients", "yes")
        client.config_set("tls-port", port)
    return port


def tls_options(certificate: Path, key: Path) -> dict[str, str]:
    """The options of redis-py that check the server's certificate and show the client's own."""
    return {
        "ssl_cert_reqs": "required", "ssl_ca_certs": str(certificate), "ssl_certfile": str(certificate),
        "ssl_keyfile": str(key),
    }  # fmt: skip
