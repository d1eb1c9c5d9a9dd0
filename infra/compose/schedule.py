"""Invokes functions on the schedules of template.yaml, because compose has no EventBridge (the service `scheduler`)."""

import http.client
import json
import os
import threading
import time
import urllib.request
from pathlib import Path

import processes

URL = "http://api:8000/2015-03-31/functions/{}/invocations"
# Each function with its schedule in the template, its period in seconds, and its delay after midnight (UTC)
# in seconds. `rotate` is absent: the functions share one login here.
SCHEDULES = {
    "send_mail": ("rate(1 minute)", 60, 0),
    "purge_tokens": ("cron(30 3 * * ? *)", 24 * 3600, 3.5 * 3600),
}
# Seconds to wait for an answer: the longest timeout of a function in the template.
ANSWER = 300


def repeat(function, period, delay):
    """Invokes the function at its times, forever."""
    while True:
        time.sleep(period - (time.time() - delay) % period)
        # An invocation that never ends must not delay the next: a live reload loses the event in progress.
        threading.Thread(target=invoke, args=(function,), daemon=True).start()


def invoke(function):
    """Invokes the function once, and notes a success in /tmp for the health check. A failure is only printed."""
    # Functions reject events without the key.
    event = json.dumps({"key": os.environ["INVOCATION_KEY"], "event": {}}).encode()
    try:
        with urllib.request.urlopen(URL.format(function), event, ANSWER) as response:
            response.read()
        Path("/tmp", function).touch()
    except (OSError, http.client.HTTPException) as error:
        print(f"{function} was not invoked, or failed: {error}", flush=True)


if __name__ == "__main__":
    with processes.main("Stopped."):
        for name, (_, seconds, after) in SCHEDULES.items():
            threading.Thread(target=repeat, args=(name, seconds, after), daemon=True).start()
        threading.Event().wait()
