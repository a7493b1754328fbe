"""The highest rate that is held."""

STEP = 1.07      # as near as the search comes
BACK = 0.93      # what is tried when a full-length run does not hold what the short ones did
RETRIES = 8
LOWEST = 5.0


def bracket(probe, guess, factor):
    """A rate that is held and one that is not, `factor` apart. 0 is held."""
    rate = guess
    if probe(rate):
        while probe(rate * factor):
            rate *= factor
        return rate, rate * factor
    while rate / factor >= LOWEST:
        rate /= factor
        if probe(rate):
            return rate, rate * factor
    return 0.0, rate


def highest(probe, guess, factor=2.0):
    """probe(rate) says whether a short run holds it. The highest rate found, 0 if there is none."""
    low, high = bracket(probe, guess, factor)
    while low > 0 and high / low > STEP:
        middle = (low * high) ** 0.5
        if probe(middle):
            low = middle
        else:
            high = middle
    return low


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
