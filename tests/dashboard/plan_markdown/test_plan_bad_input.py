"""What is no plan: one clear sentence, never a traceback, in bounded time."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.plan_markdown import MAX_BYTES, PlanError, as_json, export, parse
from dashboard.plan_markdown.source import MAX_LINES

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "cases"
MANAGE = "import sys; from dashboard.embedded import commands; sys.exit(commands.run(sys.argv[1:]))"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty: there is no plan in it."),
        (b" \n\t\r\n", "The file is empty: there is no plan in it."),
        (b"\xef\xbb\xbf", "The file is empty: there is no plan in it."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "The file is binary: a plan is Markdown text."),
        (b"# P\n\nna\xefve\n", "The file is not UTF-8 text (line 3): a plan is Markdown text."),
        (b"\xff\xfeP", "The file is not UTF-8 text (line 1): a plan is Markdown text."),
        (b"x" * (MAX_BYTES + 1), "The file has 1,048,577 bytes; a plan may have 1,048,576."),
        (b"\n" * MAX_LINES + b"x", "The file has 25,001 lines; a plan may have 25,000."),
    ],
)
def test_no_plan(data: bytes, sentence: str) -> None:
    with pytest.raises(PlanError) as error:
        parse(data)
    assert str(error.value) == sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    plan = parse("# Plän\n\n- [x] ✅ a\n".encode(encoding))
    assert (plan.title, [c.text for c in plan.all_criteria()], plan.repaired) == ("Plän", ["✅ a"], None)


@pytest.mark.parametrize(
    "text",
    ["# L’été à Paris", "# “École” – «État»", "# 5 √2 ¬ x", "# naïve café", "# ‚Österreich‘", "# ✅ done – ‘ok’"],
)
def test_healthy_text_is_left_alone(text: str) -> None:
    assert f"# {parse(text.encode()).title}" == text
    assert parse(text.encode()).repaired is None


@pytest.mark.parametrize("text", ["# ✅ done", "# café – “quoted”", "# 🔄 now…", "# naïve"])
def test_mac_roman_is_repaired(text: str) -> None:
    broken = text.encode().decode("mac_roman")
    assert (f"# {parse(broken.encode()).title}", parse(broken.encode()).repaired) == (text, "mac_roman")


def test_partly_broken_text_is_repaired_where_it_is_broken() -> None:
    broken = "✅".encode().decode("mac_roman")
    plan = parse(f"# ✅ “École”\n\n- [ ] {broken} bad\n".encode())
    assert (plan.title, plan.other_criteria[0].text, plan.repaired) == ("✅ “École”", "✅ bad", "mac_roman")


def test_ten_thousand_boxes() -> None:
    text = "# P\n\n## Phase 1: x\n\n" + "".join(f"- [{' x'[n % 2]}] box {n}\n" for n in range(10_000))
    criteria = parse(text.encode()).phases[0].criteria
    assert [criterion.text for criterion in criteria] == [f"box {n}" for n in range(10_000)]
    assert sum(criterion.checked for criterion in criteria) == 5_000


# Each was slow, too large for the memory or silently cut once, or is the worst of its kind.
@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n" + "| [ ] x | y |\n" * 5_000,
        "## Violations found\n### 1. x\n" + "- `a/b.py` and words\n" * 20_000,
        "".join(f"## Step {n}: x\n" for n in range(2_000)) + "## Timeline\n" + "- Step 5 and Phase 1-99\n" * 4_000,
        ("[a](b) " * 100 + "\n\n") * 300,
        "a" * 1_000_000,
        "- [ ] " + "a " * 500_000,
    ],
    ids=["table", "violations", "timeline", "links", "line", "box"],
)
def test_large_documents_take_seconds(text: str) -> None:
    before = process_time()
    plan = parse(f"# P\n{text}".encode())
    json.dumps(as_json(plan))
    assert export(plan) == f"# P\n{text}"
    assert process_time() - before < 5  # measured: at most 1.8 on one busy core


def test_a_very_wide_table_is_asked_about() -> None:
    plan = parse(("# P\n\n" + "|a" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|[ ] b" * 20_000 + "\n").encode())
    assert list(plan.all_criteria()) == []
    assert [unsure.line for unsure in plan.unsure if "very wide table" in unsure.why] == [3]


def test_what_is_nested_too_deep_is_asked_about() -> None:
    plan = parse(("# P\n" + "\n".join("  " * n + "- [ ] a" for n in range(80)) + "\n\n# End\n").encode())
    (line,) = [unsure.line for unsure in plan.unsure if "nested too deep" in unsure.why]
    taken = list(plan.all_criteria())
    assert 40 < len(taken) < 80
    assert line >= taken[-1].line
    assert "- [ ] a" in plan.notes[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "![" * 100_000,
        ">" * 100_000,
        "- " * 100_000,
        "\n".join("  " * n + "- [ ] a" for n in range(300)),
        "\n".join(">" * n + " - [ ] a" for n in range(300)),
        "# Phase 1: " + "(" * 100_000,
        "**" * 100_000,
        "## Phase 1: x\n**" + "a " * 50_000 + "**:",
        "|a" * 20_000 + "\n" + "|-" * 20_000,
    ],
    ids=lambda text: text[:12].strip() or "nested",
)
def test_hostile_markup_is_read_and_kept(text: str) -> None:
    plan = parse(f"# P\n\n{text}\n".encode())
    json.dumps(as_json(plan))
    assert plan.title == "P"


def test_a_paragraph_of_brackets_stays_as_written() -> None:
    plan = parse(("# P\n\n" + "[a](b) " * 201).encode())
    assert plan.links == []
    assert plan.notes[0].text == ("[a](b) " * 201).strip()


def test_html_and_scripts_stay_text() -> None:
    image, link = "<img src=x onerror=alert(2)>", "[a](javascript:alert(3))"
    text = f"# <b>P</b>\n\n<script>alert(1)</script>\n\n- [ ] {image}\n- [ ] {link}\n"
    plan = parse(text.encode())
    assert plan.title == "<b>P</b>"
    assert [criterion.text for criterion in plan.other_criteria] == [image, link]
    assert [note.text for note in plan.notes] == ["<script>alert(1)</script>"]
    assert plan.links == []


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_plan", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_document() -> None:
    name = CASES / "seed-plan.md"
    printed: dict[str, Any] = json.loads(run(str(name), "--dry-run", "--format", "json"))
    assert printed == as_json(parse(name.read_bytes()))


def test_the_command_prints_a_preview() -> None:
    printed = run(str(CASES / "seed-plan.mojibake.txt"), "--dry-run")
    assert "3 phases, 6 steps, 17 criteria (0 ticked)" in printed
    assert "Mac Roman" in printed
    assert "line 164: cannot work as written" in printed


def test_the_preview_does_not_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_bytes(b"# P \x1b[31m\n\n- [ ] \x07bell \xc2\x9b31m\n")
    printed = run(str(tmp_path / "plan.md"), "--dry-run")
    assert all(sign.isprintable() for line in printed.split("\n") for sign in line)


def test_a_name_with_spaces(tmp_path: Path) -> None:
    (tmp_path / "my plan.md").write_text("# P\n", encoding="utf-8")
    assert run(str(tmp_path / "my plan.md"), "--dry-run").startswith("P\n")


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"# P\n", [], "Name the repository with --repository, or look only with --dry-run."),
        (b"", ["--dry-run"], "plan.md: The file is empty: there is no plan in it."),
        (b"\0", ["--dry-run", "--format", "json"], "plan.md: The file is binary: a plan is Markdown text."),
        (None, ["--dry-run"], "plan.md: The file cannot be read: No such file or directory."),
    ],
)
def test_the_command_refuses(tmp_path: Path, content: bytes | None, arguments: list[str], sentence: str) -> None:
    path = tmp_path / "plan.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as error:
        run(str(path), *arguments)
    assert str(error.value).endswith(sentence)
    assert error.value.returncode == 2


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="This is not a file"):
        run(str(tmp_path), "--dry-run")


def test_twenty_megabytes_are_refused_before_they_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.md"
    with path.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    with pytest.raises(CommandError, match="The file has 20,971,520 bytes; a plan may have"):
        run(str(path), "--dry-run")


def dry_run(data: Path, redirection: str = "") -> subprocess.CompletedProcess[str]:
    """Look at the founding plan in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    environment |= {"TRUTHLINE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    words = [sys.executable, "-c", MANAGE, "import_plan", str(CASES / "seed-plan.md"), "--dry-run", "--format", "json"]
    shell = ["/bin/bash", "-c", f"{shlex.join(words)} {redirection}; exit ${{PIPESTATUS[0]}}"]
    return subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_dry_run_starts_no_server(tmp_path: Path) -> None:
    done = dry_run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["phases"]) == 3
    # A database or a broker would have left its files beside the secret key.
    assert {path.name for path in tmp_path.iterdir()} <= {"secret-key"}


@pytest.mark.parametrize(
    ("redirection", "code", "sentence"),
    [
        (">&-", 2, "CommandError: The plan cannot be printed: Bad file descriptor.\n"),
        (">/dev/full", 2, "CommandError: The plan cannot be printed: No space left on device.\n"),
        ("| true", 128 + signal.SIGPIPE, ""),
    ],
)
def test_an_output_that_cannot_be_written_is_no_traceback(
    tmp_path: Path, redirection: str, code: int, sentence: str
) -> None:
    done = dry_run(tmp_path, redirection)
    assert (done.returncode, done.stderr) == (code, sentence)
