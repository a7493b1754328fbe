"""One run of the bench, as its scenarios see it: the stack, the yardsticks, and what the scenarios before have found."""

import time

import psycopg2

from support.waiting import wait_until

from . import bench as stacks
from . import model, search
from .bench import Invalid, is_held, say, total_us


def figure(name, value, unit="", goal=None):
    """One line of the table. goal: ("<=", number) or (">=", number); met says whether it was reached."""
    met = None if goal is None else (value <= goal[1] if goal[0] == "<=" else value >= goal[1])
    return {"name": name, "value": value, "unit": unit, "goal": None if goal is None else f"{goal[0]} {goal[1]:g}", "met": met}


def after(seconds):
    """So many seconds from now: in the midst of a load, where there is nothing else to wait for."""
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until, "the time to come", seconds + 10, every=0.01)


class Session:
    """asked: the options of tests/bench/run. yardsticks: the last ones measured, of the run's stack. scenarios: what those before
    have found; grows."""

    def __init__(self, bench, asked, yardsticks=None, scenarios=None):
        self.bench = bench
        self.asked = asked
        self.seconds = asked.seconds
        self.probe_seconds = max(2.0, min(8.0, asked.seconds / 4))
        self.yardsticks = yardsticks
        self.scenarios = {} if scenarios is None else scenarios

    @property
    def stack(self):
        return self.bench.stack

    def measured(self, scenario, label):
        """An earlier measurement; Invalid if that scenario has no number."""
        found = self.scenarios.get(scenario, {}).get("measurements", {}).get(label)
        if found is None:
            raise Invalid(f"{scenario} has no number to compare with")
        return found

    @property
    def s1(self):
        """Orders a second that S1 holds."""
        return self.measured("S1", "maximum")["ended_per_s"]

    def of_s1(self, rate):
        """A rate as a share of S1's, each divided by what the machine could do when it was measured."""
        return (rate / self.limit()) / (self.s1 / self.scenarios["S1"]["limit"])

    @staticmethod
    def spread(result):
        """Of the search: one figure, or none if there was no search."""
        found = result.get("search")
        return [figure("short runs turned round within", 100 * (found["high"] / found["low"] - 1), "%")] if found else []

    def scale(self, replicas):
        """So many orchestrators, each with its share of the shards."""
        self.stack.scale(replicas)

        def shared():
            held = [part.metric("ordersaga_shards_owned") for part in self.stack.orchestrators]
            return sum(held) == 16 and min(held) >= 16 // replicas
        wait_until(shared, f"{replicas} orchestrators to share the shards", 60, every=0.2)

    def checkpoint(self):
        """What was filled in is on disk, so that writing it does not fall into a measurement."""
        connection = psycopg2.connect(self.stack.postgres.url)
        connection.autocommit = True
        connection.cursor().execute("CHECKPOINT")
        connection.close()

    def threads_more(self, result):
        """Two figures: than in S1. gRPC's pools follow the load by a few threads; what would grow with a slow participant is
        in the second."""
        every, rest = (now - then for now, then in zip(result["threads"], self.measured("S1", "maximum")["threads"]))
        return [figure("threads more than in S1", every, "", ("<=", 0)),
                figure("without gRPC's pools", rest, "", ("<=", 0))]

    def limit(self):
        return model.limit(self.yardsticks, stacks.cores())["orders_per_s"]

    def serial_ms(self):
        return model.serial_ms(self.yardsticks)

    def textbook(self):
        """T, if it was measured."""
        found = self.scenarios.get("T", {}).get("measurements", {}).get("maximum")
        return found and found["ended_per_s"]

    def maximum(self, mix="even", guess=100.0, factor=2.0, provider_ms=0, full=None):
        """The highest rate that is held, by short runs, then held for the full time and audited. With a fixed rate: that
        rate, whether it is held or not."""
        warm = stacks.WARM_SECONDS + provider_ms / 1000
        seconds = full or self.seconds

        def probe(rate):
            result = self.bench.load(rate, self.probe_seconds, mix=mix, warm=warm)
            held = is_held(result, provider_ms)
            say(f"  {rate:.0f}/s: {result['ended_per_s']:.0f} ended/s, p99 {result['decided_ms']['p99']:.0f} ms, "
                f"{result['busy'] + result['failed']} refused{', held' if held else ''}")
            return held

        def run(rate):
            result = self.bench.audited(rate, seconds, mix=mix, warm=warm)
            held = is_held(result, provider_ms)
            say(f"  {rate:.0f}/s for {seconds:g} s: {result['ended_per_s']:.0f} ended/s, p99 {result['decided_ms']['p99']:.0f} ms, "
                f"{total_us(result):.0f} us of CPU an order{', held' if held else ''}")
            return held, result

        if self.asked.rate is not None:
            return run(self.asked.rate)[1]
        self.bench.load(50, 3, mix=mix, warm=0)  # connections, caches, plans: not measured
        found = search.highest(probe, guess, factor)
        if found.rate == 0:
            raise Invalid("not even a few orders a second are held")
        say(f"  {found.runs} short runs hold up to {found.low:.0f} to {found.high:.0f}/s")
        held, result = search.confirm(run, found.rate)
        result["search"] = found._asdict()
        if not held:
            raise Invalid(f"not held for {seconds:g} s: {result['ended_per_s']:.0f}/s of {result['offered_per_s']:.0f}/s ended, "
                          f"p99 {result['decided_ms']['p99']:.0f} ms")
        return result
