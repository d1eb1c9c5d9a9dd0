"""Tests how the commands of this folder end: after Ctrl-C, after SIGTERM, and without a program that they need."""

import os
import signal
import subprocess
import sys
import unittest

import tools

LOCAL = tools.ROOT / "infra" / "local"
# Stands for SAM, which removes its containers after either signal. It ends when its input does.
CHILD = """
import signal, sys
def stop(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, stop)
try:
    print("ready", flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print("stopping", flush=True)
    sys.stdin.read()
    print("stopped", flush=True)
"""
PARENT = """
import os, subprocess, sys
sys.path.insert(0, {local!r})
import start_api, tools
child = [sys.executable, "-c", {child!r}]
with tools.main():
    sys.exit({call})
"""


class Commands(unittest.TestCase):
    def interrupt(self, call, send):
        """Runs `call`, signals with `send` once its child runs, and returns what follows, errors and status."""
        code = PARENT.format(local=os.fspath(LOCAL), child=CHILD, call=call)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        # A session of its own, so that the signal of a terminal reaches no other process.
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, **pipes)
        self.assertEqual(process.stdout.readline(), "ready\n")
        send(process.pid, signal.SIGINT if send is os.killpg else signal.SIGTERM)
        self.assertEqual(process.stdout.readline(), "stopping\n")
        output, errors = process.communicate(timeout=60)
        return output, errors, process.returncode

    def test_ctrl_c_lets_the_child_finish(self):
        ended = self.interrupt("start_api._run(child, os.environ)", os.killpg)
        self.assertEqual(ended, ("stopped\n", "", 0))

    def test_sigterm_also_ends_the_child(self):
        ended = self.interrupt("start_api._run(child, os.environ)", os.kill)
        self.assertEqual(ended, ("stopped\n", "", 0))

    def test_ctrl_c_elsewhere_prints_no_traceback(self):
        _, errors, status = self.interrupt("subprocess.run(child).returncode", os.killpg)
        self.assertEqual((errors, status), ("", 130))

    def test_missing_program_is_named(self):
        command = [sys.executable, LOCAL / "tools.py", "--", "no-such-program"]
        ran = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((ran.returncode, ran.stderr), (1, "error: no-such-program is missing; install it.\n"))


if __name__ == "__main__":
    unittest.main()
