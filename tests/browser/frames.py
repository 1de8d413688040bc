"""Counts what a page costs while a person acts on it: its frames, and the processor time of its longest task."""

#: Counts the frames from now on; `window.ended()` answers their milliseconds.
COUNT = """() => {
  const frames = [];
  let on = true, last = performance.now();
  const next = (now) => { frames.push(now - last); last = now; if (on) requestAnimationFrame(next); };
  requestAnimationFrame(next);
  window.ended = () => { on = false; return frames.slice(1); };
}"""
#: Answers after the frame that shows the last change.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Frames:
    """Measures single acts of a person.

    Args:
        page: a page of Chromium.
    """

    def __init__(self, page):
        self._page = page
        self._cdp = page.context.new_cdp_session(page)
        self._events, self._done = [], []
        self._cdp.on("Tracing.dataCollected", lambda message: self._events.extend(message["value"]))
        self._cdp.on("Tracing.tracingComplete", lambda _: self._done.append(True))

    def of(self, act, wait=0):
        """Return the milliseconds of all frames, and the processor time of the longest task of the page.

        Other programs make frames late; they hardly change the processor time, so a test asserts that.

        Args:
            act: what the person does.
            wait: milliseconds to go on measuring, such as for the answer of the check.
        """
        self._events.clear()
        self._done.clear()
        config = {"includedCategories": ["toplevel"]}
        self._cdp.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
        self._page.evaluate(COUNT)
        act()
        self._page.wait_for_timeout(wait)
        self._page.evaluate(DRAWN)
        frames = self._page.evaluate("window.ended()")
        self._cdp.send("Tracing.end")
        while not self._done:
            self._page.wait_for_timeout(10)
        return frames, self._longest_task()

    def _longest_task(self):
        threads = {
            (event["pid"], event["tid"]): event["args"]["name"]
            for event in self._events
            if event["name"] == "thread_name"
        }
        return max(
            event.get("tdur", 0) / 1000
            for event in self._events
            if event["name"].endswith("RunTask") and threads.get((event["pid"], event["tid"])) == "CrRendererMain"
        )
