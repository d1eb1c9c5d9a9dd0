"""Wraps `cargo lambda watch`, which neither ends with its parent process nor reports a function that does not start."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import processes
import settings
import tools

# The most processes of one function, and so the most concurrent requests to it.
CONCURRENCY = 2
# Seconds to wait for the server to listen, and for a function's response.
START, ANSWER = 30, 900
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
# What cargo and cargo lambda print about every process they start, sometimes in two writes.
NOISE = re.compile(
    r" *(INFO |Finished|Running|Blocking|waiting for file lock|`target/debug/)|.*AWS_LAMBDA_MAX_CONCURRENCY is set"
)
# Ids without a use here: no trace is collected, and requests have ids of their own.
IDS = re.compile(r'Lambda runtime invoke\{[^}]*\}: ?| trace_id="[^"]*"')
EXITED = re.compile(r" *ERROR command (exited|killed|stopped|ended)")


def cargo(*arguments, cwd=tools.ROOT, **options):
    """Runs a command of cargo that builds something. Fails with a `Problem`."""
    if not shutil.which("cargo"):
        raise tools.Problem("cargo is missing; install Rust from https://rustup.rs and open a new terminal.")
    with processes.child(["cargo", *arguments], cwd=cwd, **options) as process:
        if process.wait() != 0:
            raise tools.Problem("the build failed; see the messages of cargo above.")


def port_of_environment(default):
    """Returns PORT, or the default. Fails with a `Problem` if the port is not free."""
    port = os.environ.get("PORT") or str(default)
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise tools.Problem(f"PORT is {port!r}; it must be a number from 1 to 65535.")
    return free_port(int(port))


def free_port(port=0):
    """Returns the port, or a free one for 0. Fails with a `Problem` if another program uses it."""
    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            return probe.getsockname()[1]
    except OSError as error:
        reason = os.strerror(error.errno)
        raise tools.Problem(f"port {port} cannot be used ({reason}); stop what uses it, or choose another: make dev PORT=8001.")


@contextlib.contextmanager
def serve(port, database_url, address="127.0.0.1"):
    """Serves the functions at the address, and stops them afterwards. Without a URL, variables such as POSTGRES_HOST name
    the database. Fails with a `Problem`.

    Yields an event: until it is set, a function that ends also ends the server.
    """
    command = [tools.programs("tools") / "cargo-lambda", "lambda", "watch", f"--invoke-address={address}"]
    # The functions answer preflight requests themselves.
    command += [f"--invoke-port={port}", f"--concurrency={CONCURRENCY}", "--disable-cors"]
    command += ["--color=always" if sys.stderr.isatty() else "--color=never"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    options |= {"cwd": tools.ROOT, "env": {**os.environ, **settings.environment(port, database_url)}}
    with processes.child(command, **options) as process:
        started, until = threading.Event(), time.monotonic() + START
        threading.Thread(target=_print, args=(process, started), daemon=True).start()
        while not _accepts(port):
            if process.poll() is not None or time.monotonic() > until:
                raise tools.Problem("cargo lambda did not start; see its messages above.")
            time.sleep(0.02)
        yield started


def _accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True


def _print(process, started):
    with contextlib.suppress(ValueError):
        for line in process.stdout:
            plain = ESCAPES.sub("", line)
            if not NOISE.match(plain):
                print(IDS.sub("", line), end="", file=sys.stderr, flush=True)
            # cargo lambda does not start it again, and a client would wait forever.
            if EXITED.match(plain) and not started.is_set():
                process.terminate()
            elif EXITED.match(plain):
                print("A function has ended; save one of its source files to start it again.", file=sys.stderr)
    processes.ENDED.put("cargo lambda")


def invoke(port, function, event, host="127.0.0.1"):
    """Invokes a function with a JSON event, and returns whether it succeeded and its JSON result.

    Fails with a `Problem` without a response.
    """
    event = json.dumps({"key": settings.invocation_key(), "event": event})
    status, body = request(port, "POST", f"/2015-03-31/functions/{function}/invocations", event, host)
    return status == 200, json.loads(body)


def request(port, method, path, body=None, host="127.0.0.1"):
    """Returns the status and body of the server's response. Fails with a `Problem`."""
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=ANSWER)) as connection:
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            raise tools.Problem(f"no answer to {method} {path}: the function or its server has ended.") from None
