"""Waiting for another process to get somewhere: ask again and again until a deadline, never sleep for a fixed time."""

import time


class NotInTime(AssertionError):
    """What was waited for did not happen."""


def wait_until(condition, what, seconds=20.0, every=0.02):
    """Calls condition() until it returns something true and returns that. `what` completes "waited for ..."."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise NotInTime(f"waited {seconds:g} s for {what() if callable(what) else what}; last saw {value!r}")
        time.sleep(every)
