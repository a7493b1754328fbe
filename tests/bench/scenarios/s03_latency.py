"""Latency of one order alone, asked for with Prefer: wait: to the answer COMPLETED, and to its last event."""

from bench.harness.session import figure


def run(session):
    serial = session.serial_ms()
    alone = session.bench.audited(1000, min(20, session.seconds), serial=True)
    answer, end = alone["answer_ms"], alone["end_ms"]
    return {"measurements": {"alone": alone}, "figures": [
        figure("L, all in a row", serial, "ms"),
        figure("alone: p50 to COMPLETED", answer["p50"], "ms"),
        figure("alone: p50 to COMPLETED / L", answer["p50"] / serial, "", ("<=", 2.2)),
        figure("alone: p99 to COMPLETED", answer["p99"], "ms"),
        figure("alone: p50 to the event", end["p50"], "ms")]}
