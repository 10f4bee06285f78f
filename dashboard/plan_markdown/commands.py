"""Code fences of shell → commands with their roles. Nothing here is ever run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.plan_markdown.blocks import Fence
from dashboard.plan_markdown.document import Command, Role


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


SHELLS = _set("bash sh shell zsh console shell-session shellsession terminal cmd powershell")
# Words a line of a fence without a language may start with to be read as a command.
PROGRAMS = _set(
    "python python3 pytest git grep rg find ls cd cp mv rm mkdir cat sed awk head tail npm npx yarn pnpm pip pip3 uv "
    "poetry docker docker-compose kubectl gcloud make curl bash sh export source echo tox ruff mypy alembic"
)
LOOKING = _set("grep rg ag find ls cat head tail awk wc diff less tree stat file which du")
LOOKING_GIT = _set("log diff show status blame grep ls-files rev-parse describe")
# "git branch name" makes one; with nothing or one of these behind it, it lists them.
LISTING = _set("-a -r -v -vv -l --all --remotes --list --show-current --contains --merged --no-merged")
CHANGES = r"(?:rm|mv|cp|sed\s+-i|perl\s+-p?i|chmod|touch|tee)\b"
WRITES = re.compile(
    rf"\s-delete\b|\s-(?:exec|execdir|ok)\s+{CHANGES}|\bxargs\b[^|;&\n]{{0,60}}?\s{CHANGES}|\Acat\b[^\n\"'|]*>"
)
CHANGING = _set("rm mv cp sed mkdir touch chmod echo git export source cd tee perl patch pip npm")
TESTING = re.compile(
    r"\b(?:pytest|tox|nox|unittest|jest|vitest|playwright|tests?[/_.]\S*|test_\w+|\w+_tests?\.\w+)\b|\btest\b"
    r"|\b(?:check|verify|validate)_\w+\.\w+"
)
OPTION = re.compile(r"(?<!\S)--[\w-]+")  # "--fix-tests" says what is changed, not that tests run
OPENERS = frozenset(("for", "while", "until", "if", "case", "select"))
CLOSERS = frozenset(("done", "fi", "esac"))
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
WORD = re.compile(r"(?:^|[;&|]|\bdo\b|\bthen\b|\belse\b)\s*([A-Za-z]+)(?![\w.=/-])")


def is_shell(fence: Fence) -> bool:
    """Whether the fence holds commands: its language says so, or every line of one without a language does."""
    if fence.language:
        return fence.language in SHELLS
    lines = [line.strip() for line in fence.content.split("\n")]
    words = [line.removeprefix("$ ").split()[0] for line in lines if line and not line.startswith("#")]
    return bool(words) and all(word in PROGRAMS or word.startswith("./") for word in words)


@dataclass(slots=True)
class _Lines:
    """The shell's reading state between lines: open quote, here-document, open loops."""

    quote: str = ""
    heredoc: str = ""
    depth: int = 0
    continued: bool = False

    @property
    def open(self) -> bool:
        return bool(self.quote or self.heredoc or self.depth > 0 or self.continued)

    def read(self, line: str) -> str | None:
        """Reads one line, and gives back the comment at its end."""
        if self.heredoc:
            if line.strip() == self.heredoc:
                self.heredoc = ""
            return None
        code, remark = self._code(line)
        self.continued = not self.quote and not remark and code.endswith("\\")
        if not self.quote:
            if match := HEREDOC.search(code):
                self.heredoc = match[2]
            words = WORD.findall(_without_quotes(code))
            self.depth += sum((word in OPENERS) - (word in CLOSERS) for word in words)
            self.depth = max(self.depth, 0)
        return remark

    def _code(self, line: str) -> tuple[str, str | None]:
        at = 0
        while at < len(line):
            sign = line[at]
            if self.quote:
                if sign == "\\" and self.quote == '"':
                    at += 1
                elif sign == self.quote:
                    self.quote = ""
            elif sign == "\\":
                at += 1
            elif sign in "\"'":
                self.quote = sign
            elif sign == "#" and (at == 0 or line[at - 1].isspace()):
                return line[:at].rstrip(), line[at:].lstrip("# ").rstrip() or None
            at += 1
        return line.rstrip(), None


def _without_quotes(code: str) -> str:
    return re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", '""', code)


def read(fence: Fence, label_role: Role | None) -> tuple[list[Command], set[int]]:
    """The commands of a shell fence, and the source lines they and their comments stand on.

    An unfinished quote or loop runs to the end of the fence: what the author closes too late is still one command.
    """
    commands: list[Command] = []
    claimed: set[int] = set()
    comment: list[str] = []
    lines = fence.content.rstrip("\n").split("\n")
    prompted = any(line.startswith("$ ") for line in lines)
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if line.lstrip().startswith("#"):
            comment.append(line.strip().lstrip("#").strip())
            continue
        if not line.strip() or (prompted and not line.startswith("$ ")):
            comment = []
            continue
        state = _Lines()
        remark = state.read(line)
        while state.open and at < len(lines):
            remark = state.read(lines[at]) or remark
            at += 1
        text = _text(lines[start:at], remark)
        role = label_role or role_of(text, comment[-1] if comment else "")
        above = range(start - len(comment), start)
        commands.append(Command(fence.first + start, text, role, remark, "\n".join(comment) or None))
        claimed.update(fence.first + n for n in (*above, *range(start, at)))
        comment = []
    return commands, claimed


def _text(lines: list[str], remark: str | None) -> str:
    text = "\n".join(line.rstrip() for line in lines).strip().removeprefix("$ ")
    if remark and len(lines) == 1:
        text = text[: text.rindex("#", 0, len(text) - len(remark))].rstrip("# \t")
    return text


# The comment above a command tells what it is for where the command itself does not.
COMMENT_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"\W*(?:\d+[.)]\s*)?(?:verify|validate|check|test|confirm)\b", re.IGNORECASE), "test"),
    (
        re.compile(r"\W*(?:\d+[.)]\s*)?(?:find|search|compare|analy[sz]e|list|inspect|investigate)\b", re.IGNORECASE),
        "investigation",
    ),
)


def role_of(text: str, comment: str = "") -> Role:
    """What a command is for, by its own words, then by those of the comment above it."""
    words = text.split()
    if not words or WRITES.search(text):
        return "operation"
    if words[0] in LOOKING or (words[0] == "git" and _looks(words[1:])):
        return "investigation"
    if words[0] in CHANGING:
        return "operation"
    if TESTING.search(OPTION.sub("", text)):
        return "test"
    return next((role for pattern, role in COMMENT_ROLES if pattern.match(comment)), "operation")


def _looks(words: list[str]) -> bool:
    """Whether a git command, given without "git", only shows something."""
    if words[:1] == ["branch"]:
        return not words[1:] or words[1] in LISTING
    return bool(words) and words[0] in LOOKING_GIT


LABEL_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"\b(?:test|tests|testing|validat\w*|verif\w*|check|checks|smoke)\b", re.IGNORECASE), "test"),
    (re.compile(r"\b(?:investigat\w*|analy\w*|discover\w*|find|search|audit)\b", re.IGNORECASE), "investigation"),
)


def label_role(label: str | None) -> Role | None:
    """The role that the label before a fence gives its commands."""
    return next((role for pattern, role in LABEL_ROLES if label and pattern.search(label)), None)


def marked(commands: Iterable[Command]) -> list[Command]:
    """The commands in order, those that cannot work as written marked with the reason."""
    removed: dict[str, Command] = {}
    result: list[Command] = []
    for command in commands:
        words = _words(command.text)
        forgets = words[:2] == ["git", "rm"]
        paths = [word for word in words[2 if forgets else 1 :] if not word.startswith("-")]
        if forgets and (first := next((removed[path] for path in paths if path in removed), None)):
            problem = (
                f"line {first.line} has already deleted this file: once the deletion is staged, "
                '`git rm` ends with "pathspec did not match any files"'
            )
            result.append(replace(command, problem=problem))
            continue
        if forgets or words[:1] == ["rm"]:
            removed.update((path, command) for path in paths)
        result.append(command)
    return result


def _words(text: str) -> list[str]:
    if not text.startswith(("rm ", "git rm ")) or len(text) > 4_000:
        return []
    try:
        return shlex.split(text.split("&&", maxsplit=1)[0].split(";", maxsplit=1)[0])
    except ValueError:
        return []
