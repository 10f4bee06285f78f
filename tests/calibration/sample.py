"""Draws findings to be judged: `python -m tests.calibration.sample RULE repository@sha=report.json …`.

Each report is what `truthline scan --format json` wrote of one commit. The findings of a rule are shuffled within each
repository by a seed of the rule's name, and drawn from the repositories in turn, so that a large one does not fill
the sample. `--skip N` leaves out the first N that are drawn: a rule that was changed is judged by findings nobody has
seen. Rows of the judged tables are printed, verdict and reason still empty.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path

COUNT = 22


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule")
    parser.add_argument("reports", nargs="+", metavar="repository@sha=report.json")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--skip", type=int, default=0)
    options = parser.parse_args()
    reports = dict(report.rsplit("=", 1) for report in options.reports)
    out = csv.writer(sys.stdout, lineterminator="\n")
    for repository, violation in islice(drawn(options.rule, reports), options.skip, options.skip + options.count):
        out.writerow([options.rule, repository, f"{violation['path']}:{violation['line']}", "", violation["message"]])


def drawn(rule: str, reports: dict[str, str]) -> Iterator[tuple[str, dict]]:
    """Yield (repository, violation) of every finding of a rule, in the order in which they are drawn."""
    columns = []
    for repository, report in sorted(reports.items()):
        violations = [v for v in json.loads(Path(report).read_text())["violations"] if v["rule"] == rule]
        random.Random(f"{rule} {repository}").shuffle(violations)
        columns.append([(repository, violation) for violation in violations])
    yield from filter(None, chain.from_iterable(zip_longest(*columns)))


if __name__ == "__main__":
    main()
