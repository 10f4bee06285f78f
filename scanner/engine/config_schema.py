"""The JSON Schema of truthline.toml, for editors and other programs; `config_file` says the same in sentences.

`python -m scanner.engine.config_schema` prints it as it is published in docs/truthline.schema.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from scanner.engine.config import DEFAULT_IMPORTANCE, DEFAULT_SCOPES, FILE_NAME, IMPORTANCES, Limits
from scanner.engine.config_file import DOTTED
from scanner.engine.rule import all_rules

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema (JSON Schema, draft 2020-12) of the tables that TOML reads."""
    globs = {scope: _globs(f"Files of the class {scope}.", defaults) for scope, defaults in DEFAULT_SCOPES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE_NAME,
        **_table(
            "What a repository says about its services, scopes and canonical symbols.",
            services=_names("Dotted prefixes; a module under none belongs to its top-level package."),
            shared=_names("Packages that every service may import."),
            roots=_list(_FOLDER, 'Folders where imports start, "" for the repository\'s root; found when left out.'),
            scopes=_table("Globs by class; the first that matches, in written order, decides.", **globs),
            canonical=_tables(
                "A symbol and its only home.",
                ("symbol", "module"),
                symbol=_name("The class or function."),
                module=_name("The module that defines it."),
                public=_names("Modules that may re-export it."),
                importance=_importance(),
            ),
            deprecated=_tables(
                "A module nobody may import any more.",
                ("module",),
                module=_name("The module."),
                use=_name("Its replacement."),
            ),
            transitional=_tables(
                "A re-exporting module that may stay for a while.",
                ("module", "until"),
                module=_name("The module."),
                until=_text("A date, or the end of a plan's phase.", r"\S"),
            ),
            environment=_table("", accessors=_names("Modules that may read os.environ.")),
            limits=_table("", file_lines=_lines()),
            rules=_rules(),
        ),
    }


def published() -> str:
    """Return the text of the published file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


_FOLDER = {"type": "string", "not": {"pattern": r"^/|(^|/)\.\.(/|$)"}}


def _table(description: str, **properties: Schema) -> Schema:
    told = {"description": description} if description else {}
    return told | {"type": "object", "additionalProperties": False, "properties": properties}


def _tables(description: str, required: Sequence[str], **properties: Schema) -> Schema:
    item = _table(description, **properties) | {"required": list(required)}
    return {"type": "array", "uniqueItems": True, "items": item}


def _list(item: Schema, description: str) -> Schema:
    return {"type": "array", "description": description, "items": item}


def _text(description: str, pattern: str) -> Schema:
    return {"type": "string", "description": description, "pattern": pattern}


def _name(description: str) -> Schema:
    return _text(description, f"^{DOTTED}$")


def _names(description: str) -> Schema:
    return _list({"type": "string", "pattern": f"^{DOTTED}$"}, description)


def _globs(description: str, default: Sequence[str]) -> Schema:
    glob = {"type": "string", "minLength": 1, "not": {"pattern": r"^(/|\./|\.\./)"}}
    return _list(glob, description) | {"default": list(default)}


def _importance() -> Schema:
    return {
        "enum": list(IMPORTANCES),
        "default": DEFAULT_IMPORTANCE,
        "description": "How much depends on it, 5 the most.",
    }


def _lines() -> Schema:
    description = "A file of more lines is worth a remark."
    return {"type": "integer", "minimum": 1, "default": Limits().file_lines, "description": description}


def _rules() -> Schema:
    options = _table("", allow=_names("Dotted names that the rule must not flag."))
    return {
        "type": "object",
        "description": "What single rules are told, by their names.",
        "propertyNames": {"enum": list(all_rules())},
        "additionalProperties": options,
    }


if __name__ == "__main__":
    sys.stdout.write(published())
