"""A million stored orders and no traffic: CPU of all processes, and how long the first order takes."""

import time

from bench.harness import cpu
from bench.harness.session import after, figure


def run(session):
    session.bench.wait_idle()
    seconds = min(30.0, session.seconds)
    after(min(10.0, session.seconds))  # what the last scenario left to do
    meter = cpu.Meter(session.stack)
    began, before = time.monotonic(), meter.read()
    after(seconds)
    took, used = time.monotonic() - began, meter.read()
    percent = {name: 100 * (used[name] - before[name]) / took for name in used}
    first = session.bench.audited(1, 1, serial=True, warm=0)
    return {"measurements": {"first order": first}, "figures": [
        figure("our processes, of one core", sum(percent[name] for name in cpu.OURS), "%", ("<=", 1)),
        *(figure(name, percent[name], "%") for name in (*cpu.OURS, "postgres", "rabbitmq")),
        figure("first order to COMPLETED", first["answer_ms"]["p50"], "ms"),
        figure("first order / L", first["answer_ms"]["p50"] / session.serial_ms())]}
