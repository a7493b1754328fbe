"""Many requests over many connections from one thread. A job is repeated until it has an answer, as a patient client
does whose server is killed now and then."""

import asyncio
import json


class HttpLoad:
    """jobs: (method, path, headers, body) each. Afterwards `answers` has (status, headers, body) per job, in order."""

    def __init__(self, stack, jobs, connections=64, patience=60.0, final=lambda status: status not in (429, 503, 504)):
        self.port, self.https = stack.gateway.port(), stack.https
        credential = {"Authorization": f"Bearer {stack.key}"} if stack.key else {}
        self.jobs = [self._encode(method, path, {**credential, **headers}, body) for method, path, headers, body in jobs]
        self.connections = connections
        self.patience = patience
        self.final = final
        self.answers = [None] * len(self.jobs)
        self.repeats = 0
        self.done = 0

    def run(self):
        asyncio.run(self._run())
        return self.answers

    @staticmethod
    def _encode(method, path, headers, body):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}",
                 *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data

    async def _run(self):
        numbers = iter(range(len(self.jobs)))
        await asyncio.gather(*(self._work(numbers) for _ in range(self.connections)))

    async def _work(self, numbers):
        connection = None
        for number in numbers:
            deadline = asyncio.get_running_loop().time() + self.patience
            while self.answers[number] is None:
                try:
                    connection = connection or await asyncio.open_connection(
                        "127.0.0.1", self.port, ssl=self.https, server_hostname="localhost" if self.https else None)
                    answer = await asyncio.wait_for(self._exchange(*connection, self.jobs[number]), 20)
                    if self.final(answer[0]):
                        self.answers[number] = answer
                        self.done += 1
                    else:
                        await asyncio.sleep(0.05)
                except (OSError, EOFError, asyncio.TimeoutError):
                    if connection:
                        connection[1].close()
                    connection = None
                    self.repeats += 1
                    assert asyncio.get_running_loop().time() < deadline, f"no answer in {self.patience:g} s"
                    await asyncio.sleep(0.02)
        if connection:
            connection[1].close()

    @staticmethod
    async def _exchange(reader, writer, request):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return status, headers, body
