"""A Redis that speaks TLS and wants a client's certificate, as store, broker and result backend."""

from urllib.parse import urlencode

import pytest

from orchestrator_celery import ComplexSignature, Orchestrator, StoreUnavailable
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.acceptance.core import check_core
from tests.kit.certificates import make_certificate, speak_tls, tls_options
from tests.kit.project import make_app
from tests.kit.workers import Worker


def test_tls(pointed, ledger, tmp_path):
    """Given TLS, then the core set ends as elsewhere; with another authority's certificate nothing starts."""
    own, strange = make_certificate(tmp_path, "own"), make_certificate(tmp_path, "strange")
    with EmbeddedRedis() as server, server.client(2) as plain:
        place = f"rediss://127.0.0.1:{speak_tls(server, *own)}"
        broker, backend, store = (f"{place}/{db}?{urlencode(tls_options(*own))}" for db in range(3))
        settings = {"orchestrator_store_url": store, "broker_use_ssl": tls_options(*own)}
        with Worker(broker, backend, **settings), pointed(broker, backend, **settings):
            check_core()
        assert plain.dbsize() > 0
        refused = f"{place}/2?{urlencode({**tls_options(*own), 'ssl_ca_certs': strange[0]})}"
        client = make_app(broker, backend, **{**settings, "orchestrator_store_url": refused})
        Orchestrator(client)
        with pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            ComplexSignature(client.signature("tests.kit.project.add", (1, 2)), app=client).apply_async()
