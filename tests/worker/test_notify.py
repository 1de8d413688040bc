"""Webhooks and emails, to real servers: signed, tried again, within a time, and nowhere else."""

import json
import ssl
import time
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from orchestrator_celery import (
    InvalidSubscription,
    NotificationFailed,
    NotificationRefused,
    OrchestratorSettings,
    RunStatus,
    notify,
)
from orchestrator_celery.worker.notify.email import send
from orchestrator_celery.worker.notify.webhook import post
from tests.kit.receivers import Mails, hooks
from tests.kit.servers import free_port
from tests.kit.waiting import limit, wait_for

HERE = ["127.0.0.0/8"]
SECRET = "never-in-redis-5f2c"
NOTICE = {
    "key": "k1",
    "subscription": "nightly\r\nBcc: eve@example.com",
    "status": "FAILED",
    "time": "2026-11-01T08:00:00Z",
    "run": {
        "id": "r1", "name": "import\nBcc: eve@example.com", "kind": "complex", "status": "FAILED", "signature": "r1",
        "created": "2026-11-01T07:00:00Z", "total": 2, "done": 1, "failed": 1, "tags": ["eu"], "tasks": ["proj.load"],
    },
}  # fmt: skip


@pytest.fixture
def hook():
    with hooks() as server:
        yield server


@pytest.fixture
def mails():
    handler = Mails()
    handler.port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)


def test_a_failed_run_is_posted_and_mailed(make_stand, hook, mails, ledger):
    """Given both kinds of subscriptions, when a run fails and the servers refuse at first, then each has it once, and the
    secret is in no key of the store, no message, no log and no list."""
    settings = {
        "orchestrator_notify_private": HERE,
        "orchestrator_smtp_url": f"smtp://127.0.0.1:{mails.port}",
        "orchestrator_email_from": "jobs@example.com",
    }
    stand = make_stand(**settings)
    hook.answers = [503]
    mails.refusals = ["451 later"]
    subscribe = stand.orchestrator.subscribe
    subscribe("tag:eu", notify.webhook(hook.url("/hook?x=1"), secret="HOOK_SECRET"), name="hook")
    subscribe("tag:eu", notify.email(["ada@example.com", "bob@example.com"]), name="mail")
    with stand.worker(env={"HOOK_SECRET": SECRET}) as worker:
        run = stand.complex(stand.tasks("fail"), name="import", tags=["eu"]).apply_async()
        wait_for(lambda: len(hook.requests) == 2 and len(mails.taken) == 2, 30, "all of them")
        told = stand.orchestrator.runs(category="notice")
        wait_for(lambda: [one.status for one in told] == [RunStatus.SUCCEEDED] * 2, 30, "the ends of both")
        log = worker.log
    first, last = hook.requests
    notify.verify(last.body, last.headers, SECRET)
    assert (last.path, json.loads(last.body)["run"]["id"], first.body) == ("/hook?x=1", run.id, last.body)
    assert last.headers["Idempotency-Key"] == json.loads(last.body)["key"]
    assert [(sender, to) for sender, to, _ in mails.taken] == [
        ("jobs@example.com", ["bob@example.com"]),
        ("jobs@example.com", ["ada@example.com"]),
    ], "only the address that was refused is tried again"
    content = mails.taken[0][2]
    assert message_from_bytes(content, policy=policy.default)["Subject"] == "import is FAILED"
    everywhere = [
        log,
        repr(stand.orchestrator.subscriptions()),
        *(one.tree().model_dump_json() for one in told),
    ]
    client = stand.orchestrator.container.store.client
    everywhere += [str(client.dump(key)) for key in client.scan_iter()]
    assert not any(SECRET in text for text in everywhere)


@pytest.mark.parametrize(("status", "error"), [(200, None), (204, None), (400, NotificationRefused), (404, NotificationRefused),
    (301, NotificationRefused), (307, NotificationRefused), (408, NotificationFailed), (429, NotificationFailed), (500, NotificationFailed)])  # fmt: skip
def test_what_an_answer_means(hook, status, error):
    hook.answers = [status]
    hook.location = hook.url("/other")
    if error is None:
        assert post(NOTICE, hook.url(), None, 5, HERE) == status
    else:
        with pytest.raises(error, match=f"status {status}"):
            post(NOTICE, hook.url("/t0ken"), None, 5, HERE)
    assert len(hook.requests) == 1, "no redirect is followed"


@pytest.mark.parametrize("secret", [None, "HOOK_SECRET"])
def test_errors_do_not_show_the_path(hook, secret, monkeypatch):
    """Given a URL that is secret itself, then no error shows more of it than the host."""
    monkeypatch.setenv("CHAT_URL", hook.url("/t0ken?k=s3cret"))
    hook.answers = [500]
    with pytest.raises((NotificationFailed, NotificationRefused)) as caught:
        post(NOTICE, "CHAT_URL", secret, 5, HERE)
    assert "t0ken" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_private_address_is_not_reached(hook):
    with pytest.raises(NotificationRefused, match="orchestrator_notify_private"):
        post(NOTICE, hook.url(), None, 5, [])
    assert hook.requests == []


def test_a_slow_server_takes_no_longer_than_the_time(hook):
    """Given a server that sends a byte now and then, then the try ends when its time is over."""
    hook.drips = True
    begun = time.monotonic()
    with pytest.raises(NotificationFailed):
        post(NOTICE, hook.url(), None, 0.5, HERE)
    assert time.monotonic() - begun < limit(5)


def test_a_server_that_is_gone():
    with hooks() as server:
        url = server.url()
    with pytest.raises(NotificationFailed, match="cannot be reached now"):
        post(NOTICE, url, None, 5, HERE)


def test_a_certificate_is_checked(tmp_path, monkeypatch):
    """Given a server with a certificate of its own, then it has the notice only if the certificate is trusted."""
    chain = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with hooks(context) as server:
        with pytest.raises(NotificationRefused, match="certificate"):
            post(NOTICE, server.url(scheme="https"), None, 5, HERE)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert post(NOTICE, server.url(scheme="https"), None, 5, HERE) == 200


def test_a_signature_is_verified(hook, secret):
    post(NOTICE, hook.url(), "HOOK_SECRET", 5, HERE)
    [(_, headers, body)] = hook.requests
    notify.verify(body, {name.lower(): value for name, value in headers.items()}, SECRET)
    for wrong in ((body + b" ", headers, SECRET), (body, headers, "other"), (body, {}, SECRET),
                  (body, {**headers, "Orchestrator-Timestamp": "1"}, SECRET)):  # fmt: skip
        with pytest.raises(NotificationRefused):
            notify.verify(*wrong)
    with pytest.raises(NotificationRefused, match="older"):
        notify.verify(body, headers, SECRET, tolerance=-1)


def test_a_variable_that_a_worker_lacks(hook):
    for url, secret in ((hook.url(), "NO_SUCH_SECRET"), ("NO_SUCH_URL", None)):
        with pytest.raises(NotificationRefused, match="no environment variable NO_SUCH"):
            post(NOTICE, url, secret, 5, HERE)
    assert hook.requests == []


def mail_settings(port, **more):
    given = {"smtp_url": f"smtp://127.0.0.1:{port}", "email_from": "jobs@example.com", **more}
    return OrchestratorSettings(**given)


def test_an_email_cannot_be_bent(mails):
    """Given names with line breaks, then they make no header."""
    assert send(NOTICE, ["ada@example.com"], 5, mail_settings(mails.port)) == []
    message = message_from_bytes(mails.taken[0][2], policy=policy.default)
    assert message["Bcc"] is None
    assert message["Message-ID"] == "<k1@orchestrator-celery>"
    assert r"import\nBcc" in message["Subject"]
    assert "Tasks: 1 of 2 succeeded, 1 failed" in message.get_content()


def test_refusals_of_a_mail_server(mails):
    """Given addresses that are refused for now, and for good, then the former are told, and the others have it."""
    mails.refusals = ["451 later", "550 unknown"]
    three = ["ada@example.com", "bob@example.com", "cy@example.com"]
    assert send(NOTICE, three, 5, mail_settings(mails.port)) == ["ada@example.com"]
    assert [to for _, to, _ in mails.taken] == [["cy@example.com"]]
    mails.refusals = ["451 later"]
    assert send(NOTICE, ["ada@example.com"], 5, mail_settings(mails.port)) == ["ada@example.com"]
    mails.refusals = ["550 unknown"]
    with pytest.raises(NotificationRefused, match="refused all addresses"):
        send(NOTICE, ["ada@example.com"], 5, mail_settings(mails.port))
    assert len(mails.taken) == 1


def test_a_mail_server_that_cannot_be_used(mails):
    with pytest.raises(NotificationRefused, match="set orchestrator_smtp_url"):
        send(NOTICE, ["ada@example.com"], 5, OrchestratorSettings())
    with pytest.raises(NotificationRefused, match="SMTPNotSupportedError"):
        send(NOTICE, ["ada@example.com"], 5, mail_settings(0, smtp_url=f"smtp+starttls://127.0.0.1:{mails.port}"))
    with pytest.raises(NotificationFailed) as caught:
        send(NOTICE, ["ada@example.com"], 5, mail_settings(0, smtp_url="smtp://ada:s3cret@127.0.0.1:1"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: notify.webhook("ftp://example.com"),
        lambda: notify.webhook("https://ada:s3cret@example.com"),
        lambda: notify.webhook("https://example.com/a b"),
        lambda: notify.webhook("https://example.com:99999"),
        lambda: notify.webhook("https:///hook"),
        lambda: notify.webhook("https://example.com/\r\nX: y"),
        lambda: notify.webhook(None),
        lambda: notify.webhook("https://example.com", secret="s3cret"),
        lambda: notify.webhook("https://example.com", secret=""),
        lambda: notify.webhook("https://example.com", retries=-1),
        lambda: notify.webhook("https://example.com", timeout=0),
        lambda: notify.webhook("https://example.com", timeout="10"),
        lambda: notify.email([]),
        lambda: notify.email("ada"),
        lambda: notify.email("ada@example.com\nBcc: eve@example.com"),
        lambda: notify.email(["ada@example.com", None]),
        lambda: notify.email("ada@example.com", retries=True),
    ],
)
def test_what_is_refused_without_showing_a_secret(call):
    with pytest.raises(InvalidSubscription) as caught:
        call()
    assert "s3cret" not in str(caught.value)


def certificate(folder):
    """A certificate for 127.0.0.1 that nobody else has signed, and its key, in one file."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "chain.pem"
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path
