"""The one way in which starting goes wrong."""


class CannotStart(Exception):
    """Says in one sentence what is missing and what to do about it. Shown alone, never with a traceback."""
