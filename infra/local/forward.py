"""Forwards connections for `make sam`, whose containers cannot reach the loopback address of this machine."""

import contextlib
import socket
import threading


@contextlib.contextmanager
def to(address, host, port):
    """Listens on `address`, forwards every connection to `host` and `port`, and yields its own port."""
    with socket.create_server((address, 0)) as listener:
        threading.Thread(target=_accept, args=(listener, (host, port)), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener, target):
    # The caller closes the listener.
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, target), daemon=True).start()


def _serve(client, target):
    with client, contextlib.suppress(OSError), socket.create_connection(target) as server:
        answers = threading.Thread(target=_copy, args=(server, client), daemon=True)
        answers.start()
        _copy(client, server)
        answers.join()


def _copy(source, destination):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            destination.sendall(data)
    with contextlib.suppress(OSError):
        destination.shutdown(socket.SHUT_WR)
