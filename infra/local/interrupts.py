"""Ctrl-C, SIGTERM and a closed terminal: one orderly end, whichever comes, however often."""

import contextlib
import signal

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


class Interrupted(BaseException):
    """Raised in the main thread by the first signal; later ones change nothing."""


_postponed = 0
_interrupted = False


def handle():
    """From now on a signal raises `Interrupted`."""
    for number in SIGNALS:
        signal.signal(number, _handler)


@contextlib.contextmanager
def postponed():
    """Lets a step finish that must not be cut in half, such as starting a process and noting it down."""
    global _postponed
    _postponed += 1
    try:
        yield
    finally:
        _postponed -= 1
    if _interrupted and not _postponed:
        raise Interrupted


def _handler(*_):
    global _interrupted
    if not _interrupted:
        _interrupted = True
        if not _postponed:
            raise Interrupted
