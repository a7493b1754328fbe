"""The baseline T: S1 by the same binaries, set to turns of one and to one unconfirmed event at a time."""

from bench.harness.session import figure

SETTINGS = {"TURN_SIZE": "1"}


def run(session):
    session.bench.use(**SETTINGS)
    result = session.maximum(guess=50.0)
    figures = [figure("T, turns of one", result["ended_per_s"], "/s"),
               figure("S1 / T", 1 / session.of_s1(result["ended_per_s"]), "", (">=", 4))]
    return {"measurements": {"maximum": result}, "figures": figures}
