"""Retry, then another path: `python run.py`. The service that fails is in this file, on a port of its own."""

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tasks import ask_somebody, convert, fetch, kept

from orchestrator_celery import END, START, ConditionalGraph, Retry

TODAY = b'{"day": "today", "rates": {"USD": 1.1, "GBP": 0.85}}'
asked = Counter()


class Service(BaseHTTPRequestHandler):
    """Rates; by its path it is well, ill for two requests, out of its mind, or down."""

    def do_GET(self):
        mood = self.path.strip("/")
        asked[mood] += 1
        ill = mood == "down" or (mood == "ill" and asked[mood] <= 2)
        self.send_response(503 if ill else 200)
        self.end_headers()
        self.wfile.write(b"<html>" if mood == "confused" else TODAY)

    def log_message(self, *words):
        pass


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
Thread(target=service.serve_forever, daemon=True).start()

graph = (
    ConditionalGraph("convert")
    # Three attempts in all where the network or the service failed. Nonsense is not asked for again.
    .add_node("fetch", fetch.s(), retry=Retry(3, backoff=0.2, on=OSError))
    .add_node("kept rates", kept.s())
    .add_node("convert", convert.s(100, "USD"))
    .add_node("ask somebody", ask_somebody.s())
    .add_edge(START, "fetch")
    .add_edge("fetch", "convert")
    .add_error_edge("fetch", "kept rates", on=OSError)
    .add_error_edge("fetch", "ask somebody")  # anything else
    .add_edge("kept rates", "convert")
    .add_edge("convert", END)
    .add_edge("ask somebody", END)
)

for mood in ("well", "ill", "confused", "down"):
    run = graph.apply_async((f"http://127.0.0.1:{service.server_port}/{mood}",))
    print(f"The service is {mood}:", run.get())
    path = [node.name for node in run.tree().children if node.visits]
    print(f"    asked {asked[mood]} times; went by {' > '.join(path)}")
print(run.tree())
