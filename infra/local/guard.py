"""Stops a child even when this process is killed and can stop nothing any more."""

import os
import subprocess

# $1 signal, $2 child, $3 its pid file or nothing, then the folders to delete. The read ends when the
# pipe's other end closes, in whichever way its process ends. A dead child may linger as a zombie where
# nobody reaps orphans, hence the pid file.
SCRIPT = """
read -r _
kill -s "$1" "$2"
while [ -e "$3" ] && kill -0 "$2"; do sleep 0.1; done
shift 3
rm -rf "$@"
"""


class Guard:
    """Waits for the end of this process; then sends the child a signal and deletes what it leaves."""

    def __init__(self, child, signal_name, pid_file="", folders=()):
        """`pid_file` is a file that the child deletes last; `folders` are deleted after that."""
        command = ["/bin/sh", "-c", SCRIPT, "guard", signal_name, str(child.pid), pid_file, *folders]
        # In a session of its own: a Ctrl-C of the terminal must not end it first.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd=os.sep
        )

    def release(self):
        """Ends the guard; the child is stopped by other means, or has ended."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
