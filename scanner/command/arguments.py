"""The words of the command line: every option with its help, and errors that are one line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

from scanner.command.completion import SHELLS, printing
from scanner.engine.config_file import glob
from scanner.engine.fixes.planning import RULES
from scanner.engine.formats import VERSION
from scanner.terminal import destination

COMMANDS = ("history", "suggest", "fix")
# As good as any number above it: no history is longer.
_MOST = 99_999_999
_CONFIG_HELP = "default: truthline.toml in the commit's root"


class UsageError(Exception):
    """What was asked for makes no sense; `str()` is one sentence."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002  # always standard output
        """Print a help text or the version. argparse would say nothing of an output that cannot be written."""
        with destination(None) as output:
            output.write(message.encode())


def scan_parser() -> Parser:
    """Return the parser of `truthline PATH`."""
    parser = _parser(
        "truthline",
        "Scan a git repository for violations of the single source of truth: a commit, the index or the work tree.",
        epilog="truthline history PATH replays a whole history, truthline suggest PATH proposes a truthline.toml, "
        "truthline fix PATH prints patches; see their --help.",
    )
    _add_configuration(parser)
    parser.add_argument("--version", action="version", version=f"truthline {VERSION}")
    parser.add_argument(
        "--completion",
        action=printing(parsers),
        choices=SHELLS,
        metavar="SHELL",
        help=f"print completions for {', '.join(SHELLS)}, and exit",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rev", metavar="REV", help="the commit to scan (default: HEAD)")
    what.add_argument("--staged", action="store_true", help="scan the index as if committed")
    what.add_argument("--worktree", action="store_true", help="scan the files on disk, those not yet added included")
    parser.add_argument("--since", metavar="REV", help="also tell what is new and what is fixed against this commit")
    parser.add_argument("--format", choices=["text", "json", "sarif"], default="text", help="default: text")
    parser.add_argument(
        "--fail-on",
        choices=["new", "any", "never"],
        help="exit 1 when a scored violation is new, or when any is open (default: new with --since, else never)",
    )
    return parser


def history_parser() -> Parser:
    """Return the parser of `truthline history PATH`."""
    parser = _parser("truthline history", "Replay the first parents of a branch, one JSON line for each commit.")
    _add_configuration(parser)
    parser.add_argument("--branch", default="HEAD", metavar="REV", help="the newest commit (default: HEAD)")
    parser.add_argument("--limit", type=_positive, metavar="N", help="the newest N commits only")
    parser.add_argument("--format", choices=["json"], default="json", help="default: json")
    return parser


def suggest_parser() -> Parser:
    """Return the parser of `truthline suggest PATH`."""
    parser = _parser(
        "truthline suggest", "Print a truthline.toml that fits a commit, with the reason for each part as a comment."
    )
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit to look at (default: HEAD)")
    return parser


def fix_parser() -> Parser:
    """Return the parser of `truthline fix PATH`."""
    parser = _parser(
        "truthline fix",
        "Print patches that move imports to their canonical modules. git apply takes them; nothing is written.",
    )
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit to repair (default: HEAD)")
    parser.add_argument(
        "--rule", choices=sorted(RULES), metavar="RULE", help=f"only this one of {', '.join(sorted(RULES))}"
    )
    parser.add_argument("--symbol", metavar="NAME", help="only findings about this symbol")
    parser.add_argument(
        "--path", dest="only", type=_glob, metavar="GLOB", help="only files that match, such as 'shop/**'"
    )
    parser.add_argument("--config", type=_path, metavar="FILE", help=_CONFIG_HELP)
    return parser


def parsers() -> dict[str, Parser]:
    """Return the parser of every command, that of the scan under ""."""
    return {"": scan_parser(), "history": history_parser(), "suggest": suggest_parser(), "fix": fix_parser()}


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


def _glob(text: str) -> str:
    try:
        return glob(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, not {text!r}") from None


def _positive(text: str) -> int:
    digits = text.lstrip("0") if text.isascii() and text.isdigit() else ""
    if not digits:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(digits) if len(digits) < len(str(_MOST)) else _MOST


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
