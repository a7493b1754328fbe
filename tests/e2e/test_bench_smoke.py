"""The bench works from end to end, and its pure parts compute what they say. What it measures in two seconds means nothing
and is not looked at."""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from bench.harness import expected, model, page, ratios, report, search, svg
from bench.harness.bench import is_held
from bench.harness.runner import Runner
from bench.harness.session import Session, figure
from bench import scenarios
from bench.scenarios import FRESH, LOADED, LONG, NAMES, module, what
from bench.scenarios.s06_overload import seconds_to_normal
from bench.scenarios.s09_database_killed import seconds_to_full_rate
from bench.scenarios.s13_soak import share

RUN = pathlib.Path(__file__).resolve().parents[1] / "bench" / "run"
YARDSTICKS = {"http_per_s": 40_000.0, "rpc_per_s": 25_000.0, "commits_per_s": 14_000.0, "amqp_per_s": 7_000.0,
              "row_per_s": 50_000.0, "http_us": 20.0, "rpc_us": 60.0, "commit_us": 150.0, "amqp_us": 200.0, "row_us": 8.0,
              "commit_ms": 0.3, "rpc_ms": 0.2, "http_ms": 0.1}
SVG = "{http://www.w3.org/1999/xhtml}svg"


def a_load(**changed):
    timeline = {"offered": [40, 40], "accepted": [40, 40], "refused": [0, 0], "ended": [38, 41], "p50_ms": [9.0, 10.0],
                "p99_ms": [20.0, 0.0]}
    return {"offered_per_s": 40.0, "ended_per_s": 39.8, "busy": 0, "failed": 0, "decided_ms": {"p50": 8, "p99": 28, "p999": 39},
            "end_ms": {"p50": 9, "p99": 30, "p999": 40},
            "timeline": timeline, "cpu": {"at": [1.0, 2.0], "percent": {"gateway": [5.0, 6.0], "postgres": [0.0, 0.0]}},
            "cpu_us_per_order": {"gateway": 100.0, "generator": 50.0, "others": 7.0}, **changed}


def a_run(**changed):
    result = {"what": "a <strange> & plain name", "valid": True, "why": "", "limit": 900.0, "drift": 0.02, "measurements": {"maximum": a_load()},
              "figures": [figure("orders < 3 & more", 39.8, "/s", (">=", 700)), figure("p99", 12.0, "ms", ("<=", 15))]}
    unsteady = {**result, "drift": 0.2, "plots": [{"title": "CPU", "x_name": "% of S1", "log": True, "series": {"all": [(2, 9.0)]}}]}
    failed = {"what": "broken", "valid": False, "why": "3 violations", "limit": 900.0, "drift": 0.0, "measurements": {}, "figures": []}
    return {"began": "2026-01-01T00:00:00+00:00", "cores": 2, "seconds": 60.0, "durability": {"fsync": "on"}, "writeback_s": 1.0,
            "yardsticks": [YARDSTICKS, {**YARDSTICKS, "rpc_us": 70.0}, YARDSTICKS],
            "parts_per_s": model.parts_per_s(YARDSTICKS), "serial_ms": model.serial_ms(YARDSTICKS),
            "limit": model.limit(YARDSTICKS, 2), "scenarios": {"S1": result, "S2": unsteady, "S4": failed}, **changed}


def test_the_search_comes_within_a_step_of_the_highest_rate_and_no_further():
    for highest in (7.0, 90.0, 730.0, 5000.0):
        found = search.highest(lambda rate, highest=highest: rate <= highest, 200.0)
        assert highest / search.STEP <= found.rate <= highest * search.STEP and found.low <= highest <= found.high * search.STEP
        assert found.runs <= 20
    assert search.highest(lambda rate: False, 200.0).rate == 0
    assert search.highest(lambda rate: True, 200.0).runs == search.MOST


def test_the_search_is_not_fooled_by_runs_that_say_the_opposite():
    chance = random.Random(4)
    found = [search.highest(lambda rate: (rate <= 730.0) != (chance.random() < 0.1), 200.0).rate for _ in range(200)]
    assert sum(730 / 1.15 <= rate <= 730 * 1.15 for rate in found) >= 180


def test_a_full_run_that_does_not_hold_is_tried_lower_a_few_times():
    tried = []

    def run(rate):
        tried.append(rate)
        return rate < 90, rate
    assert search.confirm(run, 100.0) == (True, pytest.approx(86.49))
    assert tried == [100.0, pytest.approx(93.0), pytest.approx(86.49)]
    tried.clear()
    assert search.confirm(run, 1000.0)[0] is False
    assert len(tried) == 1 + search.RETRIES


@pytest.mark.parametrize("changed", [{"busy": 1}, {"failed": 1}, {"ended_per_s": 39.0}, {"decided_ms": {"p99": 101}}])
def test_a_rate_is_held_only_if_nothing_is_refused_and_orders_end_in_time(changed):
    assert is_held(a_load())
    assert not is_held(a_load(**changed))


def test_the_limit_is_the_sum_of_the_units_at_their_costs():
    parts = {"one": {"requests": 1, "rows": 2}, "two": {"rows": 3, "messages": 4, "calls": 5}}
    found = model.limit(YARDSTICKS, 2, parts)
    assert found["us_per_order"] == 20 + 5 * 60 + 5 * 8 + 4 * 200
    assert found["orders_per_s"] == pytest.approx(2e6 / 1160)
    assert "5 rows x 8.0" in model.formula(found)
    assert model.units()["messages"] == 4


def test_parts_l_and_the_middle():
    assert model.parts_per_s(YARDSTICKS) == pytest.approx(1 / (1 / 40_000 + 4 / 25_000 + 7 / 14_000 + 4 / 7_000))
    assert model.parts_us(YARDSTICKS) == 20 + 4 * 60 + 7 * 150 + 4 * 200
    assert model.serial_ms(YARDSTICKS) == pytest.approx(3.0)
    assert model.middle([YARDSTICKS, {**YARDSTICKS, "rpc_us": 1.0}, YARDSTICKS]) == YARDSTICKS


def test_what_happens_after_something_broke_is_read_from_the_seconds():
    timeline = {"offered": [9] * 6, "p99_ms": [50, 50, 900, 300, 20, 20], "refused": [0, 0, 5, 0, 0, 0]}
    assert seconds_to_normal(timeline, 2) == 2
    assert seconds_to_normal(timeline, 4) == 0
    result = {"began": 100.0, "offered_per_s": 10.0, "during": {"ready": 102.5}, "timeline": {"ended": [10, 0, 9, 3, 22, 10]}}
    assert seconds_to_full_rate(result) == 1.5
    assert share([99] * 5 + [10] * 5 + [0] * 5 + [5] * 5, 20, 5) == 0.5


@pytest.mark.parametrize("highest, expected", [(0, [0, 1]), (4.2, [0, 1, 2, 3, 4, 5]), (900, [0, 200, 400, 600, 800, 1000])])
def test_ticks_are_round_and_reach_beyond_the_highest_value(highest, expected):
    assert svg.ticks(highest) == expected


def test_a_plot_has_a_line_for_each_series_inside_its_frame():
    drawn = xml.fromstring(svg.plot("a < b", {"one": [(0, 0), (1, 5)], "two & more": [(0, 0.0), (1, 900)], "none": []}, log=True))
    lines = [line.get("points") for line in drawn.iter("polyline")]
    assert len(lines) == 2
    for x, y in (point.split(",") for line in lines for point in line.split()):
        assert svg.LEFT <= float(x) <= svg.WIDTH - svg.RIGHT
        assert svg.TOP <= float(y) <= svg.HEIGHT - svg.BOTTOM
    assert lines[1].endswith(f",{svg.Scale(1, 1000, svg.HEIGHT - svg.BOTTOM, svg.TOP, log=True)(900)}")
    assert xml.fromstring(svg.plot("nothing", {})).find("polyline") is None


def test_the_page_is_well_formed_and_says_what_the_text_says():
    found = a_run()
    root = xml.fromstring(page.page(found).split("\n", 1)[1])
    words = " ".join(root.itertext())
    assert len(list(root.iter(SVG))) == 7  # three of each load, and one of its own
    for line in ("orders < 3 & more", "NOT met", "no number: 3 violations", "limit = 2 cores", "UNSTEADY: S2"):
        assert line in words
        assert line in report.text(found)
    assert not report.is_good(found)
    steady = {name: {**result, "drift": 0.1, "valid": True} for name, result in found["scenarios"].items()}
    assert report.is_good(a_run(scenarios=steady)) and "UNSTEADY" not in report.text(a_run(scenarios=steady))


def test_shares_of_s1_are_divided_by_what_the_machine_could_do():
    s1 = {"limit": 1000.0, "measurements": {"maximum": {"ended_per_s": 400.0}}}
    half_as_fast = {name: 2 * value if name.endswith("_us") else value for name, value in YARDSTICKS.items()}
    session = Session(None, argparse.Namespace(seconds=4), half_as_fast, {"S1": s1})
    s1["limit"] = 2 * session.limit()
    assert session.of_s1(200.0) == pytest.approx(1.0)


def test_an_interrupted_run_keeps_what_it_has_and_goes_on(tmp_path):
    asked = argparse.Namespace(seconds=4.0, rate=40.0, stored=1, in_flight=1, quick=False, yardstick_seconds=1, names=["S1", "S3"])
    first = Runner(asked, tmp_path / "bench.json")
    first.found["scenarios"] = {"S1": {"valid": True, "drift": 0.0}, "S2": {"valid": False, "drift": 0.0}, "S3": {"limit": 9.0}}
    first._save()  # pylint: disable=protected-access
    second = Runner(asked, tmp_path / "bench.json")
    second.resume()
    assert list(second.found["scenarios"]) == ["S1"] and second.found["began"] == first.found["began"]
    with pytest.raises(SystemExit, match="no going on"):
        Runner(argparse.Namespace(**{**vars(asked), "rate": 50.0}), tmp_path / "bench.json").resume()


def test_a_run_of_everything_is_expected_to_take_half_an_hour_at_most():
    usual = argparse.Namespace(seconds=6.0, rate=None, stored=1_000_000, in_flight=20_000, quick=False, yardstick_seconds=1)
    assert sum(scenarios.seconds(name, usual) for name in FRESH + LOADED) < 1620
    quick = argparse.Namespace(**{**vars(usual), "seconds": 5.0, "quick": True})
    assert sum(scenarios.seconds(name, quick) for name in scenarios.QUICK) < 270


@pytest.mark.parametrize("bench", ["run", "compare", "counts", "audit", "takeover", "backlog", "http/run", "peers/run"])
def test_what_a_bench_needs_and_has_not_is_said_and_no_traceback_shown(bench, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['psycopg2'] = sys.modules['pika'] = None\n")
    command = [str(RUN.parent / bench)]
    # A build folder of one's own is taken as it is: nothing is installed or built.
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "ORDERSAGA_BUILD_DIR": str(RUN.parents[2] / "build")}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "apt-get install" in done.stderr, done
    assert "python3-psycopg2" in done.stderr and "python3-pika" in done.stderr and "Traceback" not in done.stderr
    environment = {**environment, "ORDERSAGA_BUILD_DIR": str(tmp_path), "PATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and f"not built: {tmp_path}/bin/orchestrator" in done.stderr, done
    assert "Traceback" not in done.stderr and "psql" not in done.stdout
    done = subprocess.run([*command, "--help"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"Usage: tests/bench/{bench}" in done.stdout, done


def test_two_trees_are_compared_round_by_round_and_drift_is_divided_out():
    load = a_load(accepted=100)
    base = ratios.of_a_load(load, {"commits": 400, "payment: turn size": 2.5})
    assert (base["CPU us"], base["  gateway"], base["commits"], base["payment: turn size"]) == (100.0, 100.0, 4.0, 2.5)
    assert "  generator" not in base and base["p99 ms"] == 28
    slower = {name: 3 * value for name, value in base.items()}
    half = [({"x": 2.0, "none": 0}, {"x": 1.0, "none": 0}), ({"x": 6.0, "none": 0}, {"x": 3.0, "none": 0})]
    assert ratios.summary(half) == {"x": (4.0, 2.0, pytest.approx(0.5), 0.5, 0.5), "none": (0.0, 0.0, None, None, None)}
    assert ratios.summary([(base, slower), (slower, base)])["commits"] == (8.0, 8.0, pytest.approx(1.0), pytest.approx(1 / 3), 3.0)
    assert "50/s" in ratios.text("50/s", [(base, slower)]) and "3.000 to 3.000" in ratios.text("50/s", [(base, slower)])


def test_a_count_that_is_more_than_a_twentieth_off_is_named():
    was = {"commits": 10.0, "round trips": 30.0, "gone": 1.0}
    found = {"commits": 10.4, "round trips": 28.0, "new": 2.0}
    assert [name for name, *_ in expected.differences(was, found)] == ["round trips", "gone", "new"]
    assert expected.differences(was, was) == [] == expected.differences({"none": 0.0}, {"none": 0.0})
    words = expected.text(was, found, {"sleeps": 7.0})
    assert words.count("DIFFERS") == 3 and words.count("not compared") == 1 and "-6.7 %" in words


def test_every_scenario_has_a_description_and_a_place():
    assert len(set(NAMES)) == len(NAMES) == len(FRESH) + len(LOADED) + len(LONG) == 18
    for name in NAMES:
        assert what(name) and callable(module(name).run)


def test_a_short_run_is_audited_and_reported(tmp_path):
    report_file = tmp_path / "bench.json"
    done = subprocess.run([str(RUN), "--scenario", "S3,S4,S5", "--seconds", "2", "--rate", "40", "--yardstick-seconds", "1",
                           "--json", str(report_file)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    found = json.loads(report_file.read_text())
    assert done.returncode == (1 if report.unsteady(found) else 0), done.stdout + done.stderr
    assert found["durability"] == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    ran = found["scenarios"]
    assert list(ran) == ["S1", "S3", "S4", "S5"]
    for result in ran.values():
        assert result["valid"], result["why"]
        for load in result["measurements"].values():
            assert load["events"] >= 3 * load["accepted"] > 0
            assert load["audit"]["clean"] and load["audit"]["orders"] >= load["accepted"]
            assert sum(load["timeline"]["ended"]) == load["completed"] + load["cancelled"] == load["accepted"]
            assert all(load["cpu_us_per_order"][name] > 0 for name in ("orchestrator", "postgres", "rabbitmq"))
    assert ran["S1"]["measurements"]["maximum"]["completed"] == 160  # two seconds to warm up, two to measure
    assert ran["S5"]["measurements"]["maximum"]["cancelled"] == 32   # four of twenty
    sold = ran["S4"]["measurements"]["sell-out"]
    assert 0 <= sold["completed"] - sold["cancelled"] + 1 <= 2
    assert found["audited"] >= sum(load["accepted"] for result in ran.values() for load in result["measurements"].values())
    assert len(found["yardsticks"]) == 5 and all(value > 0 for each in found["yardsticks"] for value in each.values())
    assert "limit = " in done.stdout and "PARTS" in done.stdout
    root = xml.fromstring(report_file.with_suffix(".html").read_text().split("\n", 1)[1])
    assert len(list(root.iter(SVG))) == 3 * sum(len(result["measurements"]) for result in ran.values())


def test_what_an_order_needs_is_what_is_written_down():
    done = subprocess.run([str(RUN.parent / "counts")], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_a_tree_compared_with_itself_costs_the_same(tmp_path):
    report_file = tmp_path / "compare.json"
    done = subprocess.run([str(RUN.parent / "compare"), "--base-tree", str(RUN.parents[2]), "--rates", "alone,20", "--seconds", "3",
                           "--rounds", "1", "--json", str(report_file)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report_file.read_text())
    assert list(found) == ["alone", "20/s"] and "after/base" in done.stdout
    base, after = found["alone"][0]
    for name in ("commits", "round trips", "flushes", "WAL, bytes", "sleeps", "sends to RabbitMQ"):
        assert 0 < base[name] == pytest.approx(after[name], rel=0.2), name


@pytest.mark.long
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not there")
def test_peers_run_and_every_saga_of_theirs_wrote_its_rows(tmp_path):
    report_file = tmp_path / "peers.json"
    done = subprocess.run([str(RUN.parent / "peers" / "run"), "--only", "dbos,restate", "--seconds", "2", "--rounds", "1", "--clients", "8",
                           "--json", str(report_file)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    if "skipped" not in done.stdout:
        found = json.loads(report_file.read_text())
        assert all(found[name][0]["per_s"] > 0 and found[name][0]["cpu_us"] > 0 for name in ("dbos", "restate"))
