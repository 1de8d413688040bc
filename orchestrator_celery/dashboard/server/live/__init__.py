"""Tells open pages what has changed: one follower for all of them, and one event stream a page."""
