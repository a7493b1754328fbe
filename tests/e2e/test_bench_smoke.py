"""The bench works from end to end; what it measures in two seconds means nothing and is not looked at."""

import json
import pathlib
import subprocess

RUN = pathlib.Path(__file__).resolve().parents[1] / "bench" / "run"


def test_a_short_run_is_audited_and_reported(tmp_path):
    report_file = tmp_path / "bench.json"
    done = subprocess.run([str(RUN), "--scenario", "S1,S3,S5", "--seconds", "2", "--rate", "40", "--yardstick-seconds", "1",
                           "--json", str(report_file)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(report_file.read_text())
    assert report["durability"] == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    scenarios = report["scenarios"]
    assert list(scenarios) == ["S1", "S3", "S5"]
    assert scenarios["S1"]["accepted"] == 80
    assert scenarios["S1"]["completed"] == 80
    assert scenarios["S5"]["cancelled"] == 16  # four of twenty
    for result in scenarios.values():
        assert result["valid"], result["why"]
        assert result["events"] >= 3 * result["accepted"]
    assert scenarios["S5"]["audit"]["orders"] == sum(result["accepted"] for result in scenarios.values())
    assert all(value > 0 for value in report["yardsticks_before"].values())
    assert report["parts_per_s"] > 0
    assert "x PARTS" in done.stdout
