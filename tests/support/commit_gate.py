"""A gate before PostgreSQL that cuts an orchestrator's connection where a turn commits: the orchestrator cannot know
whether its COMMIT got there."""

from .gate import Gate

FENCE = b"SET turn = t.turn"  # of a turn's first statement


class CommitGate(Gate):
    def __init__(self, port):
        super().__init__(port)
        self.every = 0            # cuts every so many turns; 0: none
        self.turns = 0
        self.lost = 0             # COMMITs that did not get through
        self.delivered = 0        # COMMITs that did, and whose answer did not
        self.in_turn = set()      # connections that have begun a turn

    def _inspect(self, client, data):
        with self.lock:
            if FENCE in data:
                self.in_turn.add(client)
            if b"COMMIT" not in data or client not in self.in_turn:
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
