"""A gate before PostgreSQL that cuts an orchestrator's connection where a turn commits: the orchestrator cannot know
whether its COMMIT got there."""

import re

from .gate import Gate

FENCE = b"SET turn = t.turn"  # of a turn's first statement
# Of PostgreSQL's wire protocol: Parse (which gives a text a name), and Bind (which runs it).
PARSE = re.compile(rb"P.{4}(\w+)\0([^\0]+)\0", re.DOTALL)
BIND = re.compile(rb"B.{4}\0(\w+)\0", re.DOTALL)


class CommitGate(Gate):
    def __init__(self, port):
        super().__init__(port)
        self.every = 0            # cuts every so many turns; 0: none
        self.turns = 0
        self.lost = 0             # COMMITs that did not get through
        self.delivered = 0        # COMMITs that did, and whose answer did not
        self.texts = {}           # by connection: the statements it has named
        self.in_turn = set()      # connections that have begun a turn

    def _inspect(self, client, data):
        with self.lock:
            texts = self.texts.setdefault(client, {})
            texts.update(PARSE.findall(data))
            runs = [texts.get(name, b"") for name in BIND.findall(data)]
            if any(FENCE in text for text in runs):
                self.in_turn.add(client)
            if b"COMMIT" not in runs or client not in self.in_turn:
                return None
            self.in_turn.discard(client)
            self.turns += 1
            if self.every == 0 or self.turns % self.every != 0:
                return None
            if self.lost <= self.delivered:
                self.lost += 1
                return b""
            self.delivered += 1
            return data
