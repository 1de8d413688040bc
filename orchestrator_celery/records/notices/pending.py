"""The notices that a run owes to subscriptions, the field `notices` of its head.

    notices = change *( " " change )
    change  = status "@" place             ; the new status, and the change's place in the run's stream of events
    place   = milliseconds "-" number      ; a cancelled run has no stream: its place is milliseconds "-c"

The transition that changes the status writes the change. It stays until its notices were sent.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("OwedChange", "owed_change", "parse_owed")


class OwedChange(NamedTuple):
    """A change of status whose notices may not be sent yet.

    Args:
        text: the change as it stands in the head.
        status: the new status.
        moment: when it happened, in milliseconds of the store's clock.
    """

    text: str
    status: str
    moment: float


def parse_owed(raw: bytes) -> list[OwedChange]:
    """Read the field.

    >>> parse_owed(b"FAILED@17-0 RUNNING@18-0")[1]
    OwedChange(text='RUNNING@18-0', status='RUNNING', moment=18.0)
    """
    return [owed_change(*text.split(b"@")) for text in raw.split()]


def owed_change(status: bytes, place: bytes) -> OwedChange:
    """Return the change to a status, by its place in the run's stream of events.

    >>> owed_change(b"FAILED", b"17-0").text
    'FAILED@17-0'
    """
    at = place.decode()
    return OwedChange(f"{status.decode()}@{at}", status.decode(), float(at.partition("-")[0]))
