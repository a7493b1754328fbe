"""The scenarios, in the order in which they run. Each is a module with a docstring that says what it measures, and
run(session), which returns {"measurements": {label: result of a load}, "figures": [figure]}, and "plots" if it has any."""

import ast
import collections
import importlib
import pathlib

# How long one takes: short runs of a search, full runs, and seconds on top of them, each as a function of what was asked for.
Scenario = collections.namedtuple("Scenario", "module probes fulls more", defaults=(0, 1, lambda asked: 5))

# Those of LOADED want a database that is filled up first and share a stack of their own.
ALL = {
    "S1": Scenario("s01_happy_path", 13),
    "S2": Scenario("s02_cost", 0, 0, lambda asked: (3 if asked.quick else 7) * (min(8, asked.seconds) + 16)),
    "S3": Scenario("s03_latency"),
    "T": Scenario("t_turns_of_one", 12, 1, lambda asked: 15),
    "S4": Scenario("s04_hot_product", 10, 2),
    "S5": Scenario("s05_failures", 10),
    "S6": Scenario("s06_overload", 0, 2, lambda asked: 25),
    "S7": Scenario("s07_slow_payment", 10, 1, lambda asked: 10),
    "seedmix": Scenario("seedmix", 10, 1, lambda asked: 40),
    "S8": Scenario("s08_orchestrator_killed", 0, 2, lambda asked: 30),
    "S9": Scenario("s09_database_killed", 0, 1, lambda asked: 15),
    "S10": Scenario("s10_broker_down", 0, 1, lambda asked: 2.5 * asked.seconds + 30),
    "S14": Scenario("s14_replicas", 20, 2, lambda asked: 20),
    "S16": Scenario("s16_audit", 0, 2),
    "S13": Scenario("s13_soak", 0, 0, lambda asked: 1840),
    "S11": Scenario("s11_stored", 0, 3, lambda asked: 40 + asked.stored / 15_000),
    "S15": Scenario("s15_idle", 0, 0, lambda asked: 2 * asked.seconds + 15),
    "S12": Scenario("s12_memory", 0, 0, lambda asked: 40 + asked.in_flight / 500),
}
NAMES = tuple(ALL)
LONG = ("S13",)   # only if asked for
LOADED = ("S11", "S15", "S12")
FRESH = tuple(name for name in NAMES if name not in LONG + LOADED)
QUICK = ("S1", "S2", "S3")
START_SECONDS = 25


def module(name):
    return importlib.import_module(f"bench.scenarios.{ALL[name].module}")


def what(name):
    """Its docstring as one line, read without what the module imports."""
    text = (pathlib.Path(__file__).parent / f"{ALL[name].module}.py").read_text()
    return " ".join(ast.get_docstring(ast.parse(text)).split())


def seconds(name, asked):
    """About how long one takes, with the yardsticks before it."""
    scenario = ALL[name]
    short = min(8.0, max(2.0, asked.seconds / 4)) + 4
    searched = scenario.probes if asked.rate is None else 0
    return searched * short + scenario.fulls * (asked.seconds + 9) + scenario.more(asked) + 10 * asked.yardstick_seconds
