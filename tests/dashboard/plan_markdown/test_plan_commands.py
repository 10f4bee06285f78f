"""Commands of a plan: where they begin and end, what they are for, and which cannot work."""

from __future__ import annotations

from textwrap import dedent

import pytest

from dashboard.plan_markdown import parse
from dashboard.plan_markdown.document import Command, Step


def step_with(markdown: str) -> Step:
    return parse(f"# P\n\n## Phase 1: x\n\n### Step 1A: y\n\n{markdown}\n".encode()).phases[0].steps[0]


def commands(script: str, language: str = "bash") -> list[Command]:
    return step_with(f"```{language}\n{dedent(script).strip()}\n```").commands


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("ls\n\npwd", ["ls", "pwd"]),
        ("# why\nls  # what\n# end", ["ls"]),
        ("git commit -m 'one\n\n- two\n# three'\nls", ["git commit -m 'one\n\n- two\n# three'", "ls"]),
        ('echo "a # b" \\\n  --more\nls', ['echo "a # b" \\\n  --more', "ls"]),
        ("for f in *; do\n  echo $f\ndone\nls", ["for f in *; do\n  echo $f\ndone", "ls"]),
        ("if true; then ls; fi\npwd", ["if true; then ls; fi", "pwd"]),
        ("cat <<'EOF' > a\n# text\nEOF\nls", ["cat <<'EOF' > a\n# text\nEOF", "ls"]),
        ("$ ls\nan answer\n$ pwd", ["ls", "pwd"]),
        ('echo "never closed\nls', ['echo "never closed\nls']),
        ("rm 'my file.py'", ["rm 'my file.py'"]),
    ],
)
def test_where_commands_end(script: str, expected: list[str]) -> None:
    assert [command.text for command in commands(script)] == expected


def test_comments_stay_with_their_commands() -> None:
    (first, second) = commands("# one\n# two\nls  # three\n\npwd")
    assert (first.comment, first.remark, first.line) == ("one\ntwo", "three", 10)
    assert (second.comment, second.remark, second.line) == (None, None, 12)


def test_comments_without_a_command_are_notes() -> None:
    plan = parse(b"# P\n\n## Phase 1: x\n\n```bash\nls\n\n# only words\n```\n")
    assert [(note.line, note.text) for note in plan.notes] == [(8, "# only words")]


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("grep -r 'class Test' .", "investigation"),
        ("git log --oneline", "investigation"),
        ("pytest -k factory", "test"),
        ("python tests/unit/test_a.py -v", "test"),
        ("npm test", "operation"),
        ("sed -i s/a/b/ tests/test_a.py", "operation"),
        ("rm a.py", "operation"),
    ],
)
def test_roles_by_the_command(command: str, role: str) -> None:
    assert [found.role for found in commands(command)] == [role]


@pytest.mark.parametrize(
    ("label", "role", "key"),
    [
        ("**Test After**:", "test", "test_commands"),
        ("**Validation:**", "test", "test_commands"),
        ("**Investigation Required**:", "investigation", "commands"),
        ("**Command**:", "operation", "commands"),
    ],
)
def test_roles_by_the_label(label: str, role: str, key: str) -> None:
    step = step_with(f"{label}\n```bash\nmake all\n```")
    assert [command.role for command in getattr(step, key)] == [role]


@pytest.mark.parametrize(
    ("language", "script", "count"),
    [
        ("", "python a.py\ngit status", 1),
        ("", "Phase 1: words\ngit status", 0),
        ("python", "ls = 1", 0),
        ("yaml", "run: ls", 0),
        ("sh", "ls", 1),
    ],
)
def test_only_shell_is_read_as_commands(language: str, script: str, count: int) -> None:
    assert bool(commands(script, language)) == bool(count)


@pytest.mark.parametrize(
    ("script", "marked"),
    [
        ("rm a.py\ngit add a.py\ngit rm a.py", ["git rm a.py"]),
        ("rm a.py\ngit rm a.py", ["git rm a.py"]),
        ("rm -f 'my file.py'\ngit rm 'my file.py'", ["git rm 'my file.py'"]),
        ("git rm a.py\ngit rm a.py", ["git rm a.py"]),
        ("git rm a.py\nrm b.py", []),
        ("rm a.py\ngit rm b.py", []),
        ("git rm a.py\ngit commit -m x", []),
    ],
)
def test_git_rm_after_rm_cannot_work(script: str, marked: list[str]) -> None:
    assert [command.text for command in commands(script) if command.problem] == marked


def test_commands_nested_in_a_list_belong_to_the_step() -> None:
    step = step_with("1. **Look**\n   ```bash\n   ls -l\n   ```\n2. Think")
    assert [(command.text, command.line) for command in step.commands] == [("ls -l", 9)]
