"""A TCP gate on loopback that a test can cut, also in the middle of what passes: the server behind it seems to break."""

import selectors
import socket
import threading


class Gate:
    def __init__(self, port):
        """Forwards to 127.0.0.1:port."""
        self.server_port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.links = set()
        self.cut_next = threading.Event()   # the next message from a client goes through by half
        self.cuts = 0
        self.stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.stopping = True
        self.listener.close()
        self.cut()

    def cut(self):
        """Drops all connections; new ones are welcome."""
        with self.lock:
            links, self.links = self.links, set()
        for client, server in links:
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def cut_in_the_middle(self):
        """Lets half of the next message from a client pass, then drops all connections."""
        self.cut_next.set()

    def _accept(self):
        while not self.stopping:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port), 5)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.links.add((client, server))
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _inspect(self, client, data):
        """What a client sends: None lets it pass, anything else passes instead and is the connection's last."""
        # Heartbeats are 8 bytes: something longer, so that a message is torn.
        if len(data) <= 64 or not self.cut_next.is_set():
            return None
        self.cut_next.clear()
        return data[:len(data) // 2]

    def _forward(self, client, server):
        selector = selectors.DefaultSelector()
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        try:
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    passing = self._inspect(client, data) if key.fileobj is client else None
                    key.data.sendall(data if passing is None else passing)
                    if passing is not None:
                        self.cuts += 1
                        return
        except OSError:
            pass
        finally:
            selector.close()
            with self.lock:
                self.links.discard((client, server))
            client.close()
            server.close()
