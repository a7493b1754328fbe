"""The bench works from end to end, and its pure parts compute what they say. What it measures in two seconds means nothing
and is not looked at."""

import json
import os
import pathlib
import subprocess
import xml.etree.ElementTree as xml

import pytest

from bench.harness import model, page, report, search, svg
from bench.harness.bench import is_held
from bench.harness.session import figure
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
    result = {"what": "a <strange> & plain name", "valid": True, "why": "", "measurements": {"maximum": a_load()},
              "figures": [figure("orders < 3 & more", 39.8, "/s", (">=", 700)), figure("p99", 12.0, "ms", ("<=", 15))]}
    failed = {"what": "broken", "valid": False, "why": "3 violations", "measurements": {}, "figures": []}
    return {"began": "2026-01-01T00:00:00+00:00", "cores": 2, "seconds": 60.0, "durability": {"fsync": "on"}, "writeback_s": 1.0,
            "yardsticks_before": YARDSTICKS, "yardsticks_after": YARDSTICKS, "drift": 0.2, "void": True,
            "parts_per_s": model.parts_per_s(YARDSTICKS), "serial_ms": model.serial_ms(YARDSTICKS),
            "limit": model.limit(YARDSTICKS, 2), "scenarios": {"S1": result, "S4": failed}, **changed}


def test_the_search_comes_within_a_step_of_the_highest_rate_and_no_further():
    for highest in (7.0, 90.0, 730.0, 5000.0):
        found = search.highest(lambda rate, highest=highest: rate <= highest, 200.0)
        assert highest / search.STEP <= found <= highest
    assert search.highest(lambda rate: False, 200.0) == 0


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


def test_parts_l_and_drift():
    assert model.parts_per_s(YARDSTICKS) == pytest.approx(1 / (1 / 40_000 + 4 / 25_000 + 7 / 14_000 + 4 / 7_000))
    assert model.parts_us(YARDSTICKS) == 20 + 4 * 60 + 7 * 150 + 4 * 200
    assert model.serial_ms(YARDSTICKS) == pytest.approx(3.0)
    assert model.drift(YARDSTICKS, {**YARDSTICKS, "amqp_per_s": 8_400.0, "rpc_ms": 9.0}) == pytest.approx(0.2)


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
    for found in (a_run(), a_run(void=False)):
        root = xml.fromstring(page.page(found).split("\n", 1)[1])
        words = " ".join(root.itertext())
        assert len(list(root.iter(SVG))) == 3
        for line in ("orders < 3 & more", "NOT met", "no number: 3 violations", "limit = 2 cores"):
            assert line in words
            assert line in report.text(found)
        assert ("drifted by 20 %" in words) == found["void"]
        assert not report.is_good(found)
    assert report.is_good(a_run(void=False, scenarios={}))


@pytest.mark.parametrize("bench", ["run", "audit", "takeover", "backlog", "http/run"])
def test_what_a_bench_needs_and_has_not_is_said_and_no_traceback_shown(bench, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['psycopg2'] = sys.modules['pika'] = None\n")
    command = [str(RUN.parent / bench), "--help"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "apt-get install" in done.stderr, done
    assert "python3-psycopg2" in done.stderr and "python3-pika" in done.stderr and "Traceback" not in done.stderr
    environment = {**os.environ, "ORDERSAGA_BUILD_DIR": str(tmp_path), "PATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and f"not built: {tmp_path}/bin/orchestrator" in done.stderr, done
    assert "Traceback" not in done.stderr and "psql" not in done.stdout


def test_every_scenario_has_a_description_and_a_place():
    assert len(set(NAMES)) == len(NAMES) == len(FRESH) + len(LOADED) + len(LONG) == 17
    for name in NAMES:
        assert what(name) and callable(module(name).run)


def test_a_short_run_is_audited_and_reported(tmp_path):
    report_file = tmp_path / "bench.json"
    done = subprocess.run([str(RUN), "--scenario", "S3,S4,S5", "--seconds", "2", "--rate", "40", "--yardstick-seconds", "1",
                           "--json", str(report_file)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    found = json.loads(report_file.read_text())
    assert done.returncode == (1 if found["void"] else 0), done.stdout + done.stderr
    assert found["durability"] == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    scenarios = found["scenarios"]
    assert list(scenarios) == ["S1", "S3", "S4", "S5"]
    for result in scenarios.values():
        assert result["valid"], result["why"]
        for load in result["measurements"].values():
            assert load["events"] >= 3 * load["accepted"] > 0
            assert load["audit"]["clean"] and load["audit"]["orders"] >= load["accepted"]
            assert sum(load["timeline"]["ended"]) == load["completed"] + load["cancelled"] == load["accepted"]
            assert all(load["cpu_us_per_order"][name] > 0 for name in ("orchestrator", "postgres", "rabbitmq"))
    assert scenarios["S1"]["measurements"]["maximum"]["completed"] == 160  # two seconds to warm up, two to measure
    assert scenarios["S5"]["measurements"]["maximum"]["cancelled"] == 32   # four of twenty
    sold = scenarios["S4"]["measurements"]["sell-out"]
    assert 0 <= sold["completed"] - sold["cancelled"] + 1 <= 2
    assert found["audited"] >= sum(load["accepted"] for result in scenarios.values() for load in result["measurements"].values())
    assert all(value > 0 for value in found["yardsticks_before"].values())
    assert "limit = " in done.stdout and "PARTS" in done.stdout
    root = xml.fromstring(report_file.with_suffix(".html").read_text().split("\n", 1)[1])
    assert len(list(root.iter(SVG))) == 3 * sum(len(result["measurements"]) for result in scenarios.values())
