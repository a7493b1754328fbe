"""A client of server-sent events, as a browser's EventSource reads them, but one connection at a time."""

import http.client
import json


class Event:
    def __init__(self):
        self.id = None
        self.name = "message"
        self.data = ""

    @property
    def json(self):
        return json.loads(self.data)

    def __repr__(self):
        return f"{self.name} {self.id} {self.data[:100]}"


class EventStream:
    """Connects at once; iterates over the events until the server closes. Comments and `retry` are collected."""

    def __init__(self, stack, order_id, last_event_id=None, query="", seconds=30):
        if stack.https:
            self.connection = http.client.HTTPSConnection("localhost", stack.gateway.port(), timeout=seconds, context=stack.https)
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", stack.gateway.port(), timeout=seconds)
        headers = {"Accept": "text/event-stream", **({"Authorization": f"Bearer {stack.key}"} if stack.key else {})}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self.connection.request("GET", f"/api/v1/orders/{order_id}/events{query}", headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers
        self.comments = []
        self.retry = None

    def __iter__(self):
        event, touched = Event(), False
        for line in self.lines():
            if line == "":
                if touched:
                    yield event
                event, touched = Event(), False
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "":
                self.comments.append(value)
            elif field == "retry":
                self.retry = int(value)
            elif field == "id":
                event.id = int(value)
            elif field == "event":
                event.name = value
            elif field == "data":
                event.data, touched = value, True

    def lines(self):
        while True:
            line = self.answer.readline()
            if not line:
                return
            yield line.decode().rstrip("\n")

    def close(self):
        self.answer.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
