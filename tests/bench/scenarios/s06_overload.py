"""Three times what S1 holds, with the bound on expected wait at 300 ms; then half of it, until all is normal again."""

from bench.harness.bench import LATENCY_LIMIT_MS
from bench.harness.session import figure


def seconds_to_normal(timeline, over):
    """Whole seconds after the overload until orders end in time and none is refused, and stay so."""
    bad = [second for second in range(over, len(timeline["offered"]))
           if timeline["p99_ms"][second] > LATENCY_LIMIT_MS or timeline["refused"][second] > 0]
    return bad[-1] + 1 - over if bad else 0


def run(session):
    session.bench.use(MAX_WAIT="300ms")
    warm, after = 2, 15
    result = session.bench.audited(3 * session.s1, session.seconds, warm=warm, after=(0.5 * session.s1, after), drain=120)
    return {"measurements": {"overload": result}, "figures": [
        figure("orders completed", result["ended_per_s"], "/s"),
        figure("of S1", session.of_s1(result["ended_per_s"]), "", (">=", 0.9)),
        figure("p99 to COMPLETED of those accepted", result["decided_ms"]["p99"], "ms", ("<=", 1000)),
        figure("normal again after", seconds_to_normal(result["timeline"], int(warm + session.seconds)), "s", ("<=", 5)),
        figure("refused", result["busy"]), figure("failed", result["failed"], "", ("<=", 0))]}
