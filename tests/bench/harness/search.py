"""The highest rate that is held, where one short run may say anything: a neighbour's work fails a rate that is held, and luck
holds one that is not.

So the search does not believe a run. It goes up after a run that held and down after one that did not, and every time that it
turns round its step becomes smaller: first the square root, down to STEP. A wrong answer costs one step, which the next answers
take back, and it turns round only when asked twice. What it turns round at last are the rates at which half of the runs hold; their spread says how far to trust them."""

import collections

STEP = 1.07      # as near as the search comes
BACK = 0.93      # what is tried when a full-length run does not hold what the short ones did
RETRIES = 8
LOWEST = 5.0
TURNS = 5        # how often it turns round, of which the last are believed
BELIEVED = 3
MOST = 40        # runs

Found = collections.namedtuple("Found", "rate low high runs")


def mean(rates):
    product = 1.0
    for rate in rates:
        product *= rate
    return product ** (1 / len(rates))


def highest(probe, guess, factor=2.0):
    """probe(rate) says whether a short run holds it. Found.rate is 0 if not even LOWEST is held."""
    rate, step, turns = guess, factor, []
    held, runs = probe(rate), 1
    while len(turns) < TURNS and runs < MOST:
        following = rate * step if held else rate / step
        if following < LOWEST:
            return Found(0.0, 0.0, rate, runs)
        now, runs = probe(following), runs + 1
        if now != held:  # before it believes that
            now, runs = probe(following), runs + 1
        if now != held:
            turns.append((rate * following) ** 0.5)
            step = max(STEP, step ** 0.5)
        rate, held = following, now
    believed = turns[-BELIEVED:] or [rate]
    return Found(mean(believed), min(believed), max(believed), runs)


def confirm(run, rate):
    """run(rate) makes a full-length run and returns (whether it was held, its result). Goes down a few times if it is not.
    Returns the last result and whether it was held."""
    held, result = run(rate)
    for _ in range(RETRIES):
        if held:
            break
        rate *= BACK
        held, result = run(rate)
    return held, result
