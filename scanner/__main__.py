"""`truthline PATH` and `python -m scanner PATH`: the engine as a command, without a database and without a network."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

from scanner.engine import suggestion
from scanner.engine.cache import CacheError, FactsCache, default_folder
from scanner.engine.config import ConfigError
from scanner.engine.facts_source import FactsSource
from scanner.engine.fixes.account import Account
from scanner.engine.fixes.patching import Patch
from scanner.engine.fixes.planning import RULES
from scanner.engine.fixes.repair import Workshop, wanted
from scanner.engine.formats import VERSION, history_line, scan_document
from scanner.engine.git import LINK, PYTHON, GitError, Repository
from scanner.engine.parser_pool import ParserPool, ParserPoolError
from scanner.engine.proposal import propose
from scanner.engine.replay import snapshot_at
from scanner.engine.report import Report, Settings, examine, settings_at, settings_from
from scanner.engine.score import quarters
from scanner.engine.text import scan_text, visible
from scanner.engine.timeline import timeline
from scanner.terminal import OutputError, Progress, destination

PASS, FAILED, REFUSED, INCONCLUSIVE = range(4)
INTERRUPTED = 128 + signal.SIGINT
_CONFIG_HELP = "default: truthline.toml in the commit's root"


class UsageError(Exception):
    """What was asked for makes no sense; `str()` is one sentence."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 pass, 1 gate failed, 2 refused, 3 gate inconclusive."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Facts are millions of small tuples without cycles: collecting as often as by default costs a fifth of a warm scan.
    gc.set_threshold(100_000, 20, 100)
    try:
        if words[:1] == ["history"]:
            return history(_history_parser().parse_args(words[1:]))
        if words[:1] == ["suggest"]:
            return suggest(_suggest_parser().parse_args(words[1:]))
        if words[:1] == ["fix"]:
            return fix(_fix_parser().parse_args(words[1:]))
        return scan(_scan_parser().parse_args(words))
    except (UsageError, GitError, ConfigError, CacheError, OutputError, ParserPoolError) as error:
        sys.stderr.write(f"truthline: {error}\n")
        return REFUSED
    except BrokenPipeError:
        # Who read the output has left; what Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        sys.stderr.write("truthline: interrupted\n")
        return INTERRUPTED


def scan(options: argparse.Namespace) -> int:
    """Scan one commit, print the report, and judge the gate."""
    repository = Repository(options.path)
    commit = repository.resolve(options.rev)
    baseline = repository.resolve(options.baseline) if options.baseline is not None else commit
    settings = _settings(options, repository, commit)
    with destination(options.output) as output, _facts(options, repository) as facts_of:
        report = examine(repository, commit, settings, facts_of, baseline, day=_today())
        if options.format == "json":
            text = json.dumps(scan_document(report), indent=1) + "\n"
        else:
            colour = options.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            text = scan_text(report, _name(options.path), colour=colour)
        output.write(text.encode("utf-8", "backslashreplace"))
    for note in report.notes:
        sys.stderr.write(f"truthline: {visible(note)}\n")
    return PASS if options.fail_on == "never" else _gate(report)


def history(options: argparse.Namespace) -> int:
    """Replay first parents and print one JSON line for each commit, oldest first."""
    repository = Repository(options.path)
    tip = repository.resolve(options.branch)
    baseline = repository.resolve(options.baseline) if options.baseline is not None else tip
    settings = _settings(options, repository, tip)
    commits = repository.history(tip, limit=options.limit)
    with destination(options.output) as output, _facts(options, repository) as facts_of:
        facts_of.prefetch(_python_blobs(repository, [commit.sha for commit in commits]))
        for moment in timeline(repository, commits, settings.config, facts_of, baseline):
            output.write(json.dumps(history_line(moment, _today())).encode() + b"\n")
            output.flush()
    return PASS


def suggest(options: argparse.Namespace) -> int:
    """Print a ready truthline.toml for a commit, whatever configuration that has."""
    repository = Repository(options.path)
    commit = repository.resolve(options.rev)
    config = suggestion.suggest_at(repository, commit)
    with destination(options.output) as output, _facts(options, repository) as facts_of:
        output.write(propose(snapshot_at(repository, commit, config, facts_of)).toml.encode())
    return PASS


def fix(options: argparse.Namespace) -> int:
    """Print patches that repair findings; on standard error, why others stay and what a patch may break."""
    repository = Repository(options.path)
    commit = repository.resolve(options.rev)
    settings = _settings(options, repository, commit)
    account = Account()
    with destination(options.output) as output, _facts(options, repository) as facts_of, ParserPool(1) as pool:
        versions_of = partial(repository.path_versions, commit)
        [told] = repository.history(commit, limit=1)
        tree = repository.tree(commit)
        workshop = Workshop(settings.config, tree, facts_of, repository.blob, versions_of, told.day)
        findings = wanted(workshop.violations.values(), _today(), options.rule, options.symbol, options.only)
        for result in workshop.repair(findings, pool):
            sys.stderr.writelines(f"{line}\n" for line in account.lines(result))
            if isinstance(result, Patch):
                output.write(result.diff)
    sys.stderr.write(f"{account.summary()}\n")
    return PASS


def _python_blobs(repository: Repository, commits: list[str]) -> set[str]:
    """Return the Python blobs of the first commit's tree and of every later change."""
    files = [(path, sha) for path, sha in repository.tree(commits[0]).items()]
    for changes in repository.changes(commits[1:]):
        files += [(change.path, change.new) for change in changes if change.new]
    return {sha for path, sha in files if path.endswith(PYTHON) and sha != LINK}


def _settings(options: argparse.Namespace, repository: Repository, commit: str) -> Settings:
    if options.config is None:
        return settings_at(repository, commit)
    try:
        source = options.config.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {options.config}: {error.strerror}") from None
    return settings_from(source, str(options.config), repository, commit)


@contextmanager
def _facts(options: argparse.Namespace, repository: Repository) -> Iterator[FactsSource]:
    progress = Progress(sys.stderr)
    cache = _cache(options)
    try:
        with FactsSource(repository, cache, options.jobs, progress) as facts_of:
            yield facts_of
    finally:
        progress.clear()
        cache.close()


def _cache(options: argparse.Namespace) -> FactsCache:
    """Open the cache asked for; the default one is only a convenience, so without it the run goes on."""

    def warn(sentence: str) -> None:
        sys.stderr.write(f"truthline: {sentence}\n")

    if options.cache is not None:
        return FactsCache(options.cache, warn)
    try:
        return FactsCache(None if options.no_cache else default_folder(), warn)
    except CacheError:
        return FactsCache(None, warn)


def _gate(report: Report) -> int:
    counted = (violation for violation in report.violations if not violation.waiver_on(report.day))
    if any(quarters(violation.severity, violation.scope) for violation in counted):
        return FAILED
    return INCONCLUSIVE if report.score.inconclusive else PASS


def _today() -> date:
    """The day of the scan: in UTC, so that it is the same day everywhere."""
    return datetime.now(UTC).date()


def _name(path: Path) -> str:
    folder = path.absolute()
    return folder.parent.name if folder.name == ".git" else folder.name


def _scan_parser() -> Parser:
    parser = _parser(
        "truthline",
        "Scan one commit of a git repository for violations of the single source of truth.",
        epilog="truthline history PATH replays a whole history, truthline suggest PATH proposes a truthline.toml; see "
        "their --help.",
    )
    _add_configuration(parser)
    parser.add_argument("--version", action="version", version=f"truthline {VERSION}")
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit to scan (default: HEAD)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument(
        "--fail-on", choices=["any", "never"], default="never", help="any: exit 1 when a scored violation is open"
    )
    return parser


def _history_parser() -> Parser:
    parser = _parser("truthline history", "Replay the first parents of a branch, one JSON line for each commit.")
    _add_configuration(parser)
    parser.add_argument("--branch", default="HEAD", metavar="REV", help="the newest commit (default: HEAD)")
    parser.add_argument("--limit", type=_positive, metavar="N", help="the newest N commits only")
    parser.add_argument("--format", choices=["json"], default="json", help="default: json")
    return parser


def _suggest_parser() -> Parser:
    parser = _parser(
        "truthline suggest", "Print a truthline.toml that fits a commit, with the reason for each part as a comment."
    )
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit to look at (default: HEAD)")
    return parser


def _fix_parser() -> Parser:
    parser = _parser(
        "truthline fix",
        "Print patches that move imports to their canonical modules. git apply takes them; nothing is written.",
    )
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit to repair (default: HEAD)")
    parser.add_argument(
        "--rule", choices=sorted(RULES), metavar="RULE", help=f"only this one of {', '.join(sorted(RULES))}"
    )
    parser.add_argument("--symbol", metavar="NAME", help="only findings about this symbol")
    parser.add_argument("--path", dest="only", metavar="GLOB", help="only files that match, such as 'shop/**'")
    parser.add_argument("--config", type=_path, metavar="FILE", help=_CONFIG_HELP)
    return parser


def _add_configuration(parser: Parser) -> None:
    parser.add_argument("--baseline", metavar="REV", help="the commit whose size the score is measured by")
    parser.add_argument("--config", type=_path, metavar="FILE", help=_CONFIG_HELP)


def _parser(name: str, description: str, epilog: str = "") -> Parser:
    parser = Parser(prog=name, description=description, epilog=epilog, allow_abbrev=False)
    parser.add_argument("path", type=_path, metavar="PATH", help="a git work tree or a bare repository")
    parser.add_argument("--output", type=_path, metavar="FILE", help="write there instead of to standard output")
    parser.add_argument(
        "--jobs", type=_positive, default=_cores(), metavar="N", help="parser processes (default: cores)"
    )
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache", type=_path, metavar="DIR", help="where facts are kept (default: your cache folder)")
    cache.add_argument("--no-cache", action="store_true", help="keep no facts between runs")
    return parser


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("a path must not be empty")
    return Path(text)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) < 10**8:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
