"""How the tests wait for what must happen: for ever on the slowest machine, and no longer than it takes."""

import time

import socketio


def eventually(condition, seconds=30, what="it"):
    """Waits until a condition holds; the deadline is for ever on the slowest machine."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return value


class StockClient(socketio.Client):
    """The stock Socket.IO client, but for its own deadlines: a second for our greeting and five for an answer are none of our promises."""

    def __init__(self, **options):
        super().__init__(**{"request_timeout": 30, **options})

    def connect(self, *arguments, **options):
        super().connect(*arguments, **{"wait_timeout": 30, **options})
