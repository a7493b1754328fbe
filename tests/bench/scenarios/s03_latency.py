"""Latency: one order alone, asked for with Prefer: wait (to the answer COMPLETED, and to its last event), and at 70 %."""

from bench.harness.session import figure


def run(session):
    serial = session.serial_ms()
    alone = session.bench.audited(1000, min(20, session.seconds), serial=True)
    loaded = session.bench.audited(0.7 * session.s1, session.seconds)
    answer, end, under_load = alone["answer_ms"], alone["end_ms"], loaded["decided_ms"]
    return {"measurements": {"alone": alone, "at 70 %": loaded}, "figures": [
        figure("L, all in a row", serial, "ms"),
        figure("alone: p50 to COMPLETED", answer["p50"], "ms"),
        figure("alone: p50 to COMPLETED / L", answer["p50"] / serial, "", ("<=", 1.5)),
        figure("alone: p99 to COMPLETED", answer["p99"], "ms"),
        figure("alone: p50 to the event", end["p50"], "ms"),
        figure("70 %: p50 to COMPLETED", under_load["p50"], "ms"),
        figure("70 %: p99 to COMPLETED", under_load["p99"], "ms"),
        figure("70 %: p99.9 to COMPLETED", under_load["p999"], "ms"),
        figure("70 %: p99 / L", under_load["p99"] / serial, "", ("<=", 15))]}
