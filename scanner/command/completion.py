"""Completions for bash, zsh and fish, written from the parsers: what has a help text is completed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scanner.terminal import destination

Parsers = Mapping[str, argparse.ArgumentParser]  # by command, the scan's under ""
# What a value is completed by, told by its name in the help text.
_FOLDERS, _FILES, _REVISIONS = "folders", "files", "revisions"
_KINDS = {"PATH": _FOLDERS, "DIR": _FOLDERS, "FILE": _FILES, "REV": _REVISIONS}
_REFS = "git for-each-ref --format='%(refname:short)' refs/heads refs/tags 2>/dev/null"


def script(shell: str, parsers: Parsers) -> str:
    """Return what a shell reads (`eval "$(truthline --completion bash)"`) to complete the command."""
    return _SCRIPTS[shell](parsers)


class Print(argparse.Action):
    """An option that prints the completions for the shell it is given, and ends the program."""

    parsers: Callable[[], Parsers]

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Print and end."""
        with destination(None) as output:
            output.write(script(str(values), self.parsers()).encode())
        parser.exit()


def printing(parsers: Callable[[], Parsers]) -> type[Print]:
    """Return the action for an option whose completions are written from these parsers."""
    return type("PrintCompletion", (Print,), {"parsers": staticmethod(parsers)})


def _options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    yield from (action for action in parser._actions if action.option_strings)  # noqa: SLF001  # there is no other way


def _words(parser: argparse.ArgumentParser) -> list[str]:
    return [name for action in _options(parser) for name in action.option_strings if name.startswith("--")]


def _kind(action: argparse.Action) -> str:
    return _KINDS.get(str(action.metavar), "")


def _takes_value(action: argparse.Action) -> bool:
    return action.nargs != 0


def _bash(parsers: Parsers) -> str:
    lines = [
        # Names of branches are data: `compgen -W` would run what stands in them.
        "_truthline_revisions() {",
        "    local ref",
        f'    while read -r ref; do [[ $ref == "$word"* ]] && COMPREPLY+=("$ref"); done < <(echo HEAD; {_REFS})',
        "}",
        "_truthline() {",
        '    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" options=""',
        "    COMPREPLY=()",
        f'    [[ $COMP_CWORD -gt 1 && " {_commands(parsers)} " == *" ${{COMP_WORDS[1]}} "* ]] && '
        "command=${COMP_WORDS[1]}",
        '    case "$command $before" in',
    ]
    for command, parser in parsers.items():
        for action in filter(_takes_value, _options(parser)):
            names = "|".join(f'"{command} {name}"' for name in action.option_strings)
            lines.append(f"        {names}) {_bash_value(action)}; return ;;")
    lines += ["    esac", '    case "$command" in']
    lines += [f'        "{command}") options="{" ".join(_words(parser))}" ;;' for command, parser in parsers.items()]
    lines += [
        "    esac",
        '    if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word")); return; fi',
        "    compopt -o filenames 2>/dev/null",
        '    mapfile -t COMPREPLY < <(compgen -d -- "$word")',
        f'    [[ $COMP_CWORD -eq 1 ]] && COMPREPLY+=($(compgen -W "{_commands(parsers)}" -- "$word"))',
        "}",
        "complete -F _truthline truthline",
    ]
    return "\n".join(lines) + "\n"


def _bash_value(action: argparse.Action) -> str:
    if action.choices is not None:
        return f'COMPREPLY=($(compgen -W "{" ".join(map(str, action.choices))}" -- "$word"))'
    if _kind(action) == _REVISIONS:
        return "_truthline_revisions"
    letter = {_FOLDERS: "d", _FILES: "f"}.get(_kind(action))
    if letter is None:
        return "return"
    return f'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -{letter} -- "$word")'


def _zsh(parsers: Parsers) -> str:
    lines = [
        "#compdef truthline",
        "_truthline() {",
        f"    local -a commands=({_commands(parsers)})",
        "    local command=''",
        "    (( CURRENT > 2 )) && (( ${commands[(Ie)$words[2]]} )) && command=$words[2]",
        "    if [[ -n $command ]]; then shift words; (( CURRENT-- )); fi",
        "    case $command in",
    ]
    for command, parser in parsers.items():
        lines.append(f"        '{command}') _arguments -s \\")
        lines += [f"            {_zsh_option(action)} \\" for action in _options(parser)]
        first = "'1:path or command:_truthline_first'" if not command else "'1:path:_files -/'"
        lines.append(f"            {first} ;;")
    lines += [
        "    esac",
        "}",
        "_truthline_revisions() {",
        f'    local -a refs=(HEAD ${{(f)"$({_REFS})"}})',
        "    compadd -a refs",
        "}",
        "_truthline_first() {",
        f"    compadd {_commands(parsers)}",
        "    _files -/",
        "}",
        'if [[ $funcstack[1] == _truthline ]]; then _truthline "$@"; else compdef _truthline truthline; fi',
    ]
    return "\n".join(lines) + "\n"


def _zsh_option(action: argparse.Action) -> str:
    name = _name(action)
    text = re.sub(r"([\[\]:\\])", r"\\\1", _help(action)).replace("'", r"'\''")
    if not _takes_value(action):
        return f"'{name}[{text}]'"
    values = {_FOLDERS: "_files -/", _FILES: "_files", _REVISIONS: "_truthline_revisions"}
    told = f"({' '.join(map(str, action.choices))})" if action.choices is not None else values.get(_kind(action), " ")
    return f"'{name}[{text}]:{str(action.metavar or 'value').lower()}:{told}'"


def _fish(parsers: Parsers) -> str:
    commands = _commands(parsers)
    lines = [
        "complete -c truthline -f",
        f'complete -c truthline -n "__fish_use_subcommand" -a "{commands}"',
        'complete -c truthline -a "(__fish_complete_directories)"',
    ]
    for command, parser in parsers.items():
        chosen = f"__fish_seen_subcommand_from {command or commands}"
        when = chosen if command else f"not {chosen}"
        for action in _options(parser):
            text = _help(action).replace("\\", "\\\\").replace("'", "\\'")
            line = f"complete -c truthline -n '{when}' -l {_name(action)[2:]} -d '{text}'"
            lines.append(line + (_fish_value(action) if _takes_value(action) else ""))
    return "\n".join(lines) + "\n"


def _fish_value(action: argparse.Action) -> str:
    if action.choices is not None:
        return f" -x -a '{' '.join(map(str, action.choices))}'"
    values = {
        _FOLDERS: " -x -a '(__fish_complete_directories)'",
        _FILES: " -r -F",
        _REVISIONS: f' -x -a "HEAD ({_REFS})"',
    }
    return values.get(_kind(action), " -x")


def _commands(parsers: Parsers) -> str:
    return " ".join(filter(None, parsers))


def _name(action: argparse.Action) -> str:
    return next(name for name in action.option_strings if name.startswith("--"))


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%").replace("%(default)s", str(action.default))


_SCRIPTS: dict[str, Callable[[Parsers], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
SHELLS = tuple(_SCRIPTS)
