"""The recordings of the terminal in the documentation are what the commands print."""

import re

from tests.recordings import kept, record


def words(text):
    """The lines of a picture without what differs from one time to the next: numbers, spans of time and bars."""
    without = (re.sub(r"\d[\d:., -]*( (s|ms|min)\b)?|[#.█░━ ]{2,}", " ", line) for line in text.splitlines())
    return [" ".join(line.split()) for line in without if line.strip()]


def test_the_pages_show_what_the_commands_print():
    """Given a run that two terminals follow, when it has ended, then both show what the pages show at the end."""
    found = record()
    assert sorted(words(found["logs"][-1])) == sorted(words(kept("logs"))[2:-1])
    last = words(found["watch"][-1])
    assert words(kept("watch"))[-1 - len(last) : -1] == last
    assert len(found["watch"]) > 1, "it was redrawn"
