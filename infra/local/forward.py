"""Forwards connections for `make sam`, whose containers cannot reach the loopback address of this machine."""

import contextlib
import socket
import socketserver
import threading


@contextlib.contextmanager
def to(address, host, port):
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
