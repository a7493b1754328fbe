"""Runs scenarios one after the other on a stack, each between two measurements of the yardsticks, and keeps what each found as
soon as it has: in a file that a run which was interrupted can go on from."""

import datetime
import json
import time
import traceback

from bench import scenarios
from support.waiting import NotInTime

from . import bench as stacks
from . import model
from .bench import Bench, Invalid, say
from .session import Session
from .yardsticks import Yardsticks

SAME = ("seconds", "rate", "stored", "in_flight", "quick")  # of what was asked, for a run to go on


class Runner:
    """asked: the options of tests/bench/run, and `names` of the scenarios. target: the file."""

    def __init__(self, asked, target):
        self.asked, self.target = asked, target
        self.found = {"began": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                      "cores": stacks.cores(), "seconds": asked.seconds, "writeback_s": stacks.writeback_s(),
                      "asked": {name: getattr(asked, name) for name in SAME}, "yardsticks": [], "audited": 0, "scenarios": {}}
        self.expected = {name: scenarios.seconds(name, asked) for name in asked.names}
        self.slower = 1.0  # than expected, so far

    def resume(self):
        """What the file has of an earlier run that was asked for the same; scenarios without a number are run again."""
        earlier = json.loads(self.target.read_text())
        if earlier["asked"] != self.found["asked"]:
            raise SystemExit(f"{self.target} is of a run with {earlier['asked']}: no going on with it")
        earlier["scenarios"] = {name: result for name, result in earlier["scenarios"].items() if result["valid"]}
        self.found = earlier
        say(f"going on after {', '.join(earlier['scenarios']) or 'nothing'}")

    def run(self):
        left = [name for name in self.asked.names if name not in self.found["scenarios"]]
        for names in ([name for name in left if name not in scenarios.LOADED], [name for name in left if name in scenarios.LOADED]):
            if names:
                with Bench() as bench:
                    self.found["durability"] = bench.start()
                    self._all(bench, names)

    def complete(self):
        """What was found, without a scenario that was cut off."""
        done = {name: result for name, result in self.found["scenarios"].items() if "drift" in result}
        return {**self.found, "scenarios": done}

    def _save(self):
        """Whole or not at all."""
        partial = self.target.with_suffix(".partial")
        partial.write_text(json.dumps(self.complete(), indent=1) + "\n")
        partial.replace(self.target)

    def _yardsticks(self, bench):
        self.found["yardsticks"].append(Yardsticks(bench.stack, self.asked.yardstick_seconds).measure())
        return self.found["yardsticks"][-1]

    def _all(self, bench, names):
        session = Session(bench, self.asked, self._yardsticks(bench), self.found["scenarios"])
        for name in names:
            say(f"{self._when(name)} {name}: {scenarios.what(name)}")
            began, before = time.monotonic(), session.limit()
            result = self.found["scenarios"][name] = {"limit": before}
            result.update(self._one(session, name))
            session.yardsticks = self._yardsticks(bench)
            result["drift"] = abs(session.limit() / before - 1)
            self.slower = (time.monotonic() - began) / self.expected[name]
            self._save()
        say("audit of everything")
        try:
            self.found["audited"] += bench.audit()["orders"]
        except (Invalid, NotInTime) as problem:
            for name in names:
                self.found["scenarios"][name].update(valid=False, why=f"the audit of everything: {problem}")
        self._save()

    def _when(self, name):
        """How far the run is and when it will have ended, going by how long the last scenario took."""
        names = self.asked.names
        left = sum(self.expected[each] for each in names[names.index(name):] if each not in self.found["scenarios"]) * self.slower
        end = datetime.datetime.now() + datetime.timedelta(seconds=left)
        return f"[{names.index(name) + 1} of {len(names)}, until about {end:%H:%M}]"

    def _one(self, session, name):
        result = {"what": scenarios.what(name), "valid": True, "why": "", "measurements": {}, "figures": []}
        try:
            session.bench.use()
            result.update(scenarios.module(name).run(session))
        except (Invalid, NotInTime) as problem:
            self._failed(session, result, str(problem))
        except Exception as problem:  # what went before is worth more than stopping here
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
