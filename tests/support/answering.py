"""A TCP server on loopback that gives the same answer to whatever is sent to it: it is not the server one looks for."""

import socket
import threading


class Answering:
    """A context manager; gives host:port. `close`: after the answer, else the connection stays open."""

    def __init__(self, answer, close):
        self.answer, self.close = answer, close

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken = []
        threading.Thread(target=self._run, args=(self.listener,), daemon=True).start()
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.taken:
            connection.close()

    def _run(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
                self.taken.append(connection)
                connection.recv(4096)
                connection.sendall(self.answer)
                if self.close:
                    connection.close()
            except OSError:
                if listener.fileno() < 0:
                    return
