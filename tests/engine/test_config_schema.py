"""The published schema and the parser accept and refuse the same documents."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scanner.engine.config import ConfigError
from scanner.engine.config_file import parse
from scanner.engine.config_schema import published, schema
from scanner.engine.proposal import propose
from tests.engine.trees import snapshot

ROOT = Path(__file__).resolve().parents[2]

GOOD = [
    "",
    'services = ["shop", "billing.core"]',
    'shared = []\nroots = ["", "src", "./lib/"]',
    '[scopes]\ntests = ["**/tests/**"]\narchive = []',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"\npublic = ["shop"]\nimportance = 5',
    '[[deprecated]]\nmodule = "shop.old"',
    '[[deprecated]]\nmodule = "shop.old"\nuse = "shop.new"',
    '[[transitional]]\nmodule = "shop.shim"\nuntil = "phase 2"',
    '[[transitional]]\nmodule = "shop.shim"\nuntil = 2026-01-31',
    '[environment]\naccessors = ["shop.env"]',
    "[limits]\nfile_lines = 1",
    '[rules.class-singleton]\nallow = ["shop.env.Environment"]',
    "[rules.import-cycle]",
]
BAD = [
    'servces = ["shop"]',
    'services = "shop"',
    "services = [1]",
    'services = ["shop/core"]',
    'services = [""]',
    'roots = ["/src"]',
    'roots = ["../src"]',
    'roots = ["a/../b"]',
    "[scopes]\nproduction = []",
    '[scopes]\ntests = "tests/**"',
    '[scopes]\ntests = ["./tests/**"]',
    '[scopes]\ntests = [""]',
    '[canonical]\nsymbol = "Cart"',
    '[[canonical]]\nsymbol = "Cart"',
    '[[canonical]]\nmodule = "shop.cart"',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop cart"',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"\nimportance = 4',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"\nimportance = "5"',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"\nhome = "x"',
    '[[canonical]]\nsymbol = "Cart"\nmodule = "shop.cart"\n' * 2,
    "[[deprecated]]\nuse = 'shop.new'",
    '[[transitional]]\nmodule = "shop.shim"',
    '[[transitional]]\nmodule = "shop.shim"\nuntil = " "',
    '[[transitional]]\nmodule = "shop.shim"\nuntil = 2',
    "[environment]\nallow = []",
    "[limits]\nfile_lines = 0",
    "[limits]\nfile_lines = 1.5",
    "[limits]\nfile_lines = 'many'",
    "[rules.class-singletons]\nallow = []",
    "[rules.a-rule-of-tomorrow]",
    '[rules.class-singleton]\nforbid = []',
]  # fmt: skip


def plain(value: Any) -> Any:
    """What TOML reads, as JSON has it: dates are texts there."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def errors(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema())
    return [error.message for error in validator.iter_errors(plain(tomllib.loads(text)))]


@pytest.mark.parametrize("text", GOOD)
def test_both_accept(text: str) -> None:
    parse(text)
    assert errors(text) == []


@pytest.mark.parametrize("text", BAD)
def test_both_refuse(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)
    assert errors(text)


def test_it_is_a_schema_and_the_published_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert (ROOT / "docs/truthline.schema.json").read_text(encoding="utf-8") == published()


def test_what_is_documented_and_what_is_suggested_is_valid() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    [documented] = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    assert errors(documented) == []
    assert errors(propose(snapshot({"shop/a.py": "class A: ...\n"})).toml) == []
