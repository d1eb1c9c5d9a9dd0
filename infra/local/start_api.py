"""Runs the API in Lambda's containers (`make sam`), and lets them reach the database of `make dev`, which SAM does not.

`sam local start-api` forwards requests to http://localhost:3000 to containers. `make dev` handles mail and
`make manage`. The environment variable PORT sets another port; arguments go to SAM.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from pathlib import Path

import parameters
import tools

FOLDER = tools.LOCAL / "sam-local"
# The name of this machine in containers; Docker Desktop resolves it.
HOST = "host.docker.internal"


def start(arguments):
    """Serves until Ctrl-C. Fails with a `Problem`."""
    gateway = _gateway()
    if not shutil.which("cargo"):
        raise tools.Problem("cargo is missing; install Rust from https://rustup.rs and open a new terminal.")
    prepared = subprocess.run(["cargo", "xtask", "sam"], cwd=tools.ROOT, stdout=subprocess.PIPE)
    if prepared.returncode != 0:
        # It has printed why.
        return prepared.returncode
    local = json.loads(prepared.stdout)
    parts = urllib.parse.urlsplit(local["database_url"])
    with contextlib.ExitStack() as open_ports:
        database_port = open_ports.enter_context(_forward(gateway, parts.hostname, parts.port or 5432))
        dev_port = open_ports.enter_context(_forward(gateway, "127.0.0.1", local["dev_port"]))
        login = parts.netloc.rpartition("@")[0]
        variables = local["variables"]
        variables["DATABASE_URL"] = parts._replace(netloc=f"{login}@{HOST}:{database_port}").geturl()
        variables["AWS_ENDPOINT_URL_LAMBDA"] = f"http://{HOST}:{dev_port}"
        # Containers share no folder, so pictures are served by `make dev` only if it stored them.
        variables["STORAGE_URL"] = "file:/tmp/storage"
        template, environment = FOLDER / "template.json", FOLDER / "environment.json"
        _write_private(environment, json.dumps({"Parameters": variables}, indent=2))
        template.write_text(json.dumps(_template(local, list(variables)), indent=2))
        command = [sys.executable, "-m", "samcli", "local", "start-api", "--template", template, "--env-vars", environment]
        command += [f"--port={local['port']}", "--warm-containers", "LAZY", "--no-watch"]
        # On Linux Docker needs the address; elsewhere it has its own.
        command += ["--add-host", f"{HOST}:{gateway}"] if sys.platform == "linux" else []
        environ = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
        return _run([*command, *arguments], environ)


def _run(command, environ):
    """Runs SAM until it ends, and returns its status. SAM removes its containers after Ctrl-C, which takes seconds, and
    the terminal also interrupts this process."""
    # A function rather than SIG_IGN, which the child would inherit; so it can be set first.
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command, cwd=tools.ROOT, env=environ)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


def _write_private(path, text):
    """Atomically replaces a file with one that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as draft:
        draft.write(text)
    Path(draft.name).replace(path)


@contextlib.contextmanager
def _forward(address, host, port):
    """Listens on `address`, forwards every connection to `host` and `port`, and yields its own port."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError), socket.create_connection((host, port)) as server:
                threading.Thread(target=_copy, args=(server, self.request), daemon=True).start()
                _copy(self.request, server)

    with socketserver.ThreadingTCPServer((address, 0), Connection) as listener:
        listener.daemon_threads = True
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        try:
            yield listener.server_address[1]
        finally:
            listener.shutdown()


def _copy(source, destination):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            destination.sendall(data)
    with contextlib.suppress(OSError):
        destination.shutdown(socket.SHUT_WR)


def _gateway():
    """Returns the address of this machine that containers reach. Fails with a `Problem` if Docker does not respond."""
    if sys.platform != "linux":
        return "127.0.0.1"
    if not shutil.which("docker"):
        raise tools.Problem("`make sam` needs Docker; on Debian: apt install docker.io.")
    command = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        raise tools.Problem(f"Docker does not respond: {answer.stderr.strip()}")
    # Old versions of Docker have the address only after a container has run.
    return answer.stdout.strip() or "172.17.0.1"


def _template(local, variables):
    """Returns the functions of template.yaml with their routes and variables, without values that only AWS can resolve."""
    source = parameters.template(tools.ROOT / "template.yaml")
    media = source["Resources"]["Api"]["Properties"]["BinaryMediaTypes"]
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "local", "BinaryMediaTypes": media}}
    resources, general = {"Api": api}, source["Globals"]["Function"]
    for name, resource in source["Resources"].items():
        events = resource.get("Properties", {}).get("Events", {})
        routes = {event: route for event, route in events.items() if route["Type"] == "Api"}
        if resource["Type"] != "AWS::Serverless::Function" or not routes:
            continue
        # SAM passes a variable of the file only if the template names it.
        own = {**general["Environment"]["Variables"], **resource["Properties"].get("Environment", {}).get("Variables", {})}
        own = {variable: value for variable, value in own.items() if isinstance(value, str)}
        kept = {**general, **resource["Properties"]}
        properties = {key: kept[key] for key in ["MemorySize", "Timeout", "Runtime", "Handler"]}
        properties |= {"Architectures": [local["architecture"]], "Events": routes}
        properties["CodeUri"] = os.fspath(Path(local["executables"], resource["Metadata"]["BuildProperties"]["Binary"]))
        properties["Environment"] = {"Variables": {**dict.fromkeys(variables, ""), **own}}
        resources[name] = {"Type": resource["Type"], "Properties": properties}
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


if __name__ == "__main__":
    with tools.main():
        sys.exit(start(sys.argv[1:]))
