"""One, two and three orchestrators on the same machine: the highest rate of each, against one."""

from bench.harness.session import figure


def run(session):
    measurements = {"1 replica": session.measured("S1", "maximum")}
    for replicas in (2, 3):
        session.scale(replicas)
        measurements[f"{replicas} replicas"] = session.maximum(guess=0.8 * session.s1, factor=1.3)
    session.scale(1)
    return {"measurements": measurements, "figures": [
        figure(f"{replicas} replicas / 1", session.of_s1(measurements[f"{replicas} replicas"]["ended_per_s"])) for replicas in (2, 3)]}
