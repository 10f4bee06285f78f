"""SARIF: valid against the standard's own schema, and telling what the scan tells."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from scanner.__main__ import main
from scanner.engine import sarif
from scanner.engine.git import encode_path
from scanner.engine.report import Comparison
from scanner.engine.rule import all_rules
from tests.engine.test_formats import BIG, DUPLICATE, GETTER, report
from tests.scanner.origin import SMALL, Origin

SCHEMA = json.loads((Path(__file__).parent / "sarif/sarif-schema-2.1.0.json").read_text())
GONE = "from shop.gone import thing\n"
WAIVED = "from shop.gone import a  # truthline: allow[unresolvable-import] until=2999-01-01 reason=soon\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def valid(document: dict) -> dict:
    """Return the one run of a valid log."""
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(document)
    [run] = document["runs"]
    return run


@pytest.fixture
def scan(capfd):
    def scan(*words: str | Path) -> dict:
        main(["--jobs", "1", *map(str, words), "--format", "sarif"])
        return valid(json.loads(capfd.readouterr().out))

    return scan


@pytest.fixture
def origin(tmp_path) -> Origin:
    return Origin(tmp_path / "shop.git")


def test_a_log_that_is_not_valid_is_seen() -> None:
    document = sarif.sarif_document(report(DUPLICATE))
    document["runs"][0]["results"][0]["level"] = "terrible"
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_every_rule_explains_itself(origin, scan) -> None:
    origin.commit(SMALL)
    driver = scan(origin.path)["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(all_rules())
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert "Why is this bad" in rule["help"]["text"]
        assert "```python\n" in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}


def test_results_are_the_violations(origin, scan, capfd) -> None:
    origin.commit({**SMALL, "shop/waived.py": WAIVED})
    main([str(origin.path), "--jobs", "1", "--format", "json"])
    document = json.loads(capfd.readouterr().out)
    run = scan(origin.path)
    told = {
        (
            result["ruleId"],
            result["partialFingerprints"]["truthlineFingerprint/v1"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
            result["message"]["text"],
            result["properties"]["points"],
            len(result["relatedLocations"]),
        )
        for result in run["results"]
    }
    assert told == {
        (v["rule"], v["fingerprint"], v["path"], v["line"], v["message"], v["points"], len(v["related"]))
        for v in document["violations"]
    }
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert not any("baselineState" in result for result in run["results"])
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["properties"]["score"] == document["score"]["value"]
    assert run["properties"]["commit"] == document["commit"]


def test_waivers_are_suppressions(origin, scan) -> None:
    origin.commit({**SMALL, "shop/waived.py": WAIVED})
    suppressed = [result for result in scan(origin.path)["results"] if result["suppressions"]]
    [result] = suppressed
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shop/waived.py"
    [suppression] = result["suppressions"]
    assert suppression == {"kind": "inSource", "status": "accepted", "justification": "soon (until 2999-01-01)"}


def test_places_that_are_left_out_are_counted(origin, scan) -> None:
    """GitHub shows 100 locations of a result; the other three are counted."""
    origin.commit({f"shop/m{number}.py": f"class A:\n    x = {number}\n" for number in range(104)})
    results = scan(origin.path)["results"]
    assert len(results) == 103
    for result in results:
        assert len(result["relatedLocations"]) == 100
        assert result["properties"]["relatedLocationsLeftOut"] == 3


def test_states_since_a_commit(origin, scan) -> None:
    before = origin.commit(SMALL)
    origin.commit({"shop/late.py": GONE, "shop/state.py": None})
    states = {}
    for result in scan(origin.path, "--since", before)["results"]:
        states.setdefault(result["baselineState"], set()).add(result["ruleId"])
    assert states == {
        "new": {"unresolvable-import"},
        "absent": {"global-getter"},
        "unchanged": {"unresolvable-import", "duplicate-definition", "import-cycle"},
    }


def test_odd_paths_are_addresses(origin, scan) -> None:
    names = ["shop/größe.py", "shop/a b.py", "shop/100%.py", "shop/c:d.py", "e:f.py", "shop/#q?.py", "shop/back\\.py"]
    origin.commit({**SMALL, **dict.fromkeys(names, GONE)})
    origin.git("config", "core.quotePath", "false")
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in scan(origin.path)["results"]
    }
    assert {unquote_to_bytes(uri) for uri in uris} >= {name.encode() for name in names}
    assert all(uri.isascii() and not set(uri) & set(" #?:\\") for uri in uris)


def test_the_worst_stand_first_and_no_more_than_github_takes(monkeypatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    run = valid(sarif.sarif_document(report(BIG, GETTER, DUPLICATE)))
    assert [result["ruleId"] for result in run["results"]] == ["duplicate-definition", "global-getter"]
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "Left out, as of least weight: 1 of 3 results."


def test_lines_start_at_one_and_what_is_fixed_is_absent() -> None:
    from dataclasses import replace

    scanned = report(replace(DUPLICATE, line=0, end_line=-3))
    scanned = replace(scanned, comparison=Comparison("b" * 40, (), (GETTER,)), day=date(2031, 1, 1))
    first, second = valid(sarif.sarif_document(scanned))["results"]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "endLine": 1}
    assert first["suppressions"] == []
    assert (first["baselineState"], second["baselineState"]) == ("unchanged", "absent")


def test_an_inconclusive_scan_says_so(origin, scan) -> None:
    origin.commit({**SMALL, "shop/broken.py": "def (:\n"})
    run = scan(origin.path)
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert (told["level"], told["message"]["text"][:12]) == ("warning", "Inconclusive")
    assert run["properties"]["inconclusive"] is True


def test_a_path_that_is_not_utf8() -> None:
    path = "shop/\\xff.py"
    place = sarif._place(path, 1, 1)["artifactLocation"]["uri"]
    assert unquote_to_bytes(place) == encode_path(path) == b"shop/\xff.py"
