"""Losses and lies to plant once everything has settled: the judge must find each. A judge that was never seen to find
anything proves nothing.

A plant changes rows by SQL, in the transactions in which the judge will read and which are rolled back afterwards; what
is not in a database it changes in the evidence after reading, by the function it returns.
"""

from .judge import judge
from .plants_logs import LOG_PLANTS
from .plants_rows import ROW_PLANTS

PLANTS = {**ROW_PLANTS, **LOG_PLANTS}  # name -> (function, the check that must find it)


def judge_planted(scene, databases, name):
    """The verdicts (see judge.judge) while the loss of that name is planted."""
    change = PLANTS[name][0](databases)
    evidence = scene.evidence(databases)
    databases.rollback()
    if change:
        change(evidence)
    return judge(evidence)
