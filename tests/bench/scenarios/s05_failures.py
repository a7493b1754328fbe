"""One order in ten is declined, one in ten asks for what there is not and gets its money back."""

from bench.harness.session import figure


def run(session):
    result = session.maximum(mix="failures", guess=session.s1, factor=1.3)
    return {"measurements": {"maximum": result}, "figures": [
        figure("orders ended", result["ended_per_s"], "/s"),
        figure("of S1", session.of_s1(result["ended_per_s"]), "", (">=", 0.7))]}
