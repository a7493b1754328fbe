"""The scenarios, in the order in which they run. Each is a module with a docstring that says what it measures, and
run(session), which returns {"measurements": {label: result of a load}, "figures": [figure]}."""

import importlib

# Those of LOADED want a database that is filled up first and share a stack of their own.
FRESH = ("S1", "T", "S2", "S3", "S4", "S5", "S6", "S7", "seedmix", "S8", "S9", "S10", "S14")
LONG = ("S13",)   # only if asked for
LOADED = ("S11", "S15", "S12")
MODULES = {"S1": "s01_happy_path", "T": "t_turns_of_one", "S2": "s02_cost", "S3": "s03_latency", "S4": "s04_hot_product",
           "S5": "s05_failures", "S6": "s06_overload", "S7": "s07_slow_payment", "seedmix": "seedmix",
           "S8": "s08_orchestrator_killed", "S9": "s09_database_killed", "S10": "s10_broker_down", "S11": "s11_stored",
           "S12": "s12_memory", "S13": "s13_soak", "S14": "s14_replicas", "S15": "s15_idle"}
NAMES = (*FRESH, *LONG, *LOADED)


def module(name):
    return importlib.import_module(f"bench.scenarios.{MODULES[name]}")


def what(name):
    """Its docstring as one line."""
    return " ".join(module(name).__doc__.split())
