"""Payment's provider takes 200 ms: the highest rate, with as many threads as before."""

from bench.harness.session import figure


def run(session):
    session.bench.use(PAYMENT_LATENCY="200ms")
    result = session.maximum(guess=session.s1, factor=1.3, provider_ms=200)
    return {"measurements": {"maximum": result}, "figures": [
        figure("orders completed", result["ended_per_s"], "/s"),
        figure("of S1", session.of_s1(result["ended_per_s"]), "", (">=", 0.9)),
        *session.threads_more(result)]}
