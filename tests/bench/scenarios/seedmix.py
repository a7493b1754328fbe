"""Payment's provider takes 2 s and declines 5 %; 5 % of the orders ask for what there is not."""

from bench.harness.session import figure


def run(session):
    session.bench.use(PAYMENT_LATENCY="2s", PAYMENT_DECLINE_RATE="0.05")
    result = session.maximum(mix="seedmix", guess=session.s1, factor=1.3, provider_ms=2000)
    return {"measurements": {"maximum": result}, "figures": [
        figure("orders ended", result["ended_per_s"], "/s"),
        figure("of S1", session.of_s1(result["ended_per_s"]), "", (">=", 0.9)),
        *session.threads_more(result)]}
