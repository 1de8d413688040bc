"""Retry, then another path: `python run.py`. This file also contains the failing service, on a port of its own."""

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tasks import ask_a_person, convert, fetch, yesterdays_rates

from orchestrator_celery import END, START, ConditionalGraph, Retry

TODAY = b'{"day": "today", "rates": {"USD": 1.1, "GBP": 0.85}}'
asked = Counter()


class Service(BaseHTTPRequestHandler):
    """Serves rates. Its path selects its state: up, failing for two requests, confused, or down."""

    def do_GET(self):
        state = self.path.strip("/")
        asked[state] += 1
        fails = state == "down" or (state == "failing" and asked[state] <= 2)
        self.send_response(503 if fails else 200)
        self.end_headers()
        self.wfile.write(b"<html>" if state == "confused" else TODAY)

    def log_message(self, *words):
        pass


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
Thread(target=service.serve_forever, daemon=True).start()

graph = (
    ConditionalGraph("convert")
    # Three attempts if the network or the service fails. An answer that makes no sense is not retried.
    .add_node("fetch", fetch.s(), retry=Retry(3, backoff=0.2, on=OSError))
    .add_node("old rates", yesterdays_rates.s())
    .add_node("convert", convert.s(100, "USD"))
    .add_node("ask a person", ask_a_person.s())
    .add_edge(START, "fetch")
    .add_edge("fetch", "convert")
    .add_error_edge("fetch", "old rates", on=OSError)
    .add_error_edge("fetch", "ask a person")  # anything else
    .add_edge("old rates", "convert")
    .add_edge("convert", END)
    .add_edge("ask a person", END)
)

for state in ("up", "failing", "confused", "down"):
    run = graph.apply_async((f"http://127.0.0.1:{service.server_port}/{state}",))
    print(f"The service is {state}:", run.get())
    path = [node.name for node in run.tree().children if node.visits]
    print(f"    {asked[state]} request{'s' if asked[state] > 1 else ''}; path: {' > '.join(path)}")
print(run.tree())
