"""Runs scenarios one after the other on a stack, and keeps what each found."""

import datetime
import traceback

from bench import scenarios
from support.waiting import NotInTime

from . import bench as stacks
from .bench import Bench, Invalid, say
from .session import Session
from .yardsticks import Yardsticks


class Runner:
    """asked: the options of tests/bench/run, and `names` of the scenarios."""

    def __init__(self, asked):
        self.asked = asked
        self.found = {"began": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                      "cores": stacks.cores(), "seconds": asked.seconds, "writeback_s": stacks.writeback_s(),
                      "scenarios": {}}

    def run(self):
        fresh = [name for name in self.asked.names if name not in scenarios.LOADED]
        loaded = [name for name in self.asked.names if name in scenarios.LOADED]
        with Bench() as bench:
            self.found["durability"] = bench.start()
            self.found["yardsticks_before"] = self._yardsticks(bench)
            self._all(bench, fresh)
            if not loaded:
                self.found["yardsticks_after"] = self._yardsticks(bench)
        if loaded:
            with Bench() as bench:
                bench.start()
                self._all(bench, loaded)
                self.found["yardsticks_after"] = self._yardsticks(bench)
        return self.found

    def _yardsticks(self, bench):
        say("yardsticks")
        return Yardsticks(bench.stack, self.asked.yardstick_seconds).measure()

    def _all(self, bench, names):
        session = Session(bench, self.asked, self.found["yardsticks_before"], self.found["scenarios"])
        for name in names:
            say(f"{name}: {scenarios.what(name)}")
            self.found["scenarios"][name] = self._one(session, name)
        say("audit of everything")
        try:
            audit = bench.audit()
            self.found["audited"] = self.found.get("audited", 0) + audit["orders"]
        except (Invalid, NotInTime) as problem:
            for name in names:
                self.found["scenarios"][name].update(valid=False, why=f"the audit of everything: {problem}")

    def _one(self, session, name):
        result = {"what": scenarios.what(name), "valid": True, "why": "", "measurements": {}, "figures": []}
        try:
            session.bench.use()
            result.update(scenarios.module(name).run(session))
        except (Invalid, NotInTime) as problem:
            self._failed(session, result, str(problem))
        except Exception as problem:  # the hour that went before is worth more than stopping here
            traceback.print_exc()
            self._failed(session, result, repr(problem))
        for figure in result["figures"]:
            goal = f" (goal {figure['goal']}: {'met' if figure['met'] else 'NOT met'})" if figure["goal"] else ""
            say(f"  {figure['name']}: {figure['value']:.4g} {figure['unit']}{goal}")
        return result

    @staticmethod
    def _failed(session, result, why):
        result.update(valid=False, why=why)
        say(f"  no number: {why}")
        session.bench.mend()
