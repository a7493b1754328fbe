"""200 products, one unit each: the highest rate to COMPLETED that is held."""

from bench.harness import model
from bench.harness.session import figure


def run(session):
    result = session.maximum(guess=200.0)
    rate = result["ended_per_s"]
    return {"measurements": {"maximum": result}, "figures": [
        figure("orders completed", rate, "/s", (">=", 700)),
        *session.spread(result),
        figure("of the limit", rate / session.limit(), "", (">=", 0.5)),
        figure("of PARTS", rate / model.parts_per_s(session.yardsticks)),
        figure("of raw commits (Y1)", rate / session.yardsticks["commits_per_s"])]}
