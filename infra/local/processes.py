"""Starts child processes that end with this one, even after SIGKILL, which `subprocess` does not provide."""

import contextlib
import os
import queue
import signal
import subprocess
import sys

import tools

# Ends a process group: $1 is its leader, $2 the signals to send, $3 the tenths of a second to wait after each; folders
# to delete follow. `read` waits for a line, or for the end of the process that would write it.
GUARD = """
read -r alive
for signal in $2; do
    kill -s "$signal" -- "-$1"
    waited=0
    while kill -0 "$1"; do
        [ "$waited" -lt "$3" ] || continue 2
        sleep 0.1
        waited=$((waited + 1))
    done
    break
done
shift 3
[ "$alive" ] || rm -rf "$@"
"""
# Options of a parent make, which a make inside a build must not inherit.
MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
# The names of servers that have ended.
ENDED = queue.Queue()
_postponed = 0
_interrupted = False


class Interrupted(BaseException):
    """Raised in the main thread by the first signal; later ones are ignored."""


@contextlib.contextmanager
def main(stopped=None):
    """Runs a command line: a `Problem` ends it as in `tools.main`, a signal with the text or with exit code 130."""
    with tools.main():
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
            signal.signal(number, _handle)
        try:
            yield
        except Interrupted:
            print(stopped, flush=True) if stopped else sys.exit(130)


@contextlib.contextmanager
def postponed():
    """Delays signals during a step that must complete, such as starting a process and recording it."""
    global _postponed
    _postponed += 1
    try:
        yield
    finally:
        _postponed -= 1
    if _interrupted and not _postponed:
        raise Interrupted


def _handle(*_):
    global _interrupted
    if not _interrupted:
        _interrupted = True
        if not _postponed:
            raise Interrupted


@contextlib.contextmanager
def child(command, signals="TERM KILL", seconds=10, delete=(), **options):
    """Runs a command in a session of its own, so that the terminal's Ctrl-C does not reach it, and yields the process.

    Afterwards its process group gets the signals, each after a number of seconds, until the process ends.
    The same happens when this process is killed, and then the folders of `delete` are deleted too.
    """
    options["env"] = {name: value for name, value in (options.get("env") or os.environ).items() if name not in MAKE}
    guard = None
    try:
        with postponed():
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
            guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "guard", str(process.pid), signals, str(seconds * 10), *map(os.fspath, delete)],
                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd=os.sep,
            )
        yield process
    finally:
        if guard:
            with postponed():
                guard.stdin.write(b"alive\n")
                guard.stdin.close()
                process.wait()
                guard.wait()
