"""A project's own redaction."""

nothing = "no function"


def shout(text):
    return text.upper()
