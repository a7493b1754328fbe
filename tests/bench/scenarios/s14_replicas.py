"""One, two and three orchestrators on the same machine: the highest rate of each, against one."""

from bench.harness.session import figure


def run(session):
    measurements = {"1 replica": session.measured("S1", "maximum")}
    for replicas in (2, 3):
        session.scale(replicas)
        measurements[f"{replicas} replicas"] = session.maximum(guess=0.8 * session.s1, factor=1.3)
    session.scale(1)
    one = session.s1
    return {"measurements": measurements, "figures": [
        figure("2 replicas / 1", measurements["2 replicas"]["ended_per_s"] / one),
        figure("3 replicas / 1", measurements["3 replicas"]["ended_per_s"] / one)]}
