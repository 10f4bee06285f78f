"""One import statement rewritten by LibCST, its layout and comments kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, cast

import libcst as cst

_Gap: TypeAlias = cst.BaseParenthesizableWhitespace
_COMMENT = re.compile(r"#[^\r\n]*")


class NotRewritten(Exception):
    """The statement is not one that can be rewritten for sure; `str()` says why."""


class Destination(NamedTuple):
    """Where a name goes: `module` written with `level` dots, and its name there; without a module it is one itself."""

    level: int
    module: str
    name: str


@dataclass(slots=True)
class Rewritten:
    """`kept` is the statement as it stands from now on; `added` follow it, each with a comment or "".

    `comment` is one of `kept` that found no place within it.
    """

    kept: str
    added: list[tuple[str, str]] = field(default_factory=list)
    comment: str = ""


def move_names(code: str, moved: Mapping[str, Destination]) -> Rewritten:
    """Move names of a `from … import` statement; the bound names stay. Raises NotRewritten."""
    module, node = _parsed(code)
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        raise NotRewritten("a star import brings names that nobody sees here")
    places = [moved.get(_name_of(alias)) for alias in node.names]
    modules = {place and place[:2] for place in places}
    if len(modules) == 1 and None not in modules and all(place and (place.module or place.level) for place in places):
        names = [_renamed(alias, place.name) for alias, place in zip(node.names, places, strict=True) if place]
        return Rewritten(_checked(code, _elsewhere(node, places[0], names), module))
    kept, comments = _without(node, [place is not None for place in places])
    added = _grouped(node.names, places, comments)
    if kept is None:
        (first, comment), *added = added
        return _complete(code, Rewritten(first, added, comment))
    return _complete(code, Rewritten(module.code_for_node(kept), added))


def move_module(code: str, modules: Mapping[str, str]) -> Rewritten:
    """Let an `import` statement name other modules. Raises NotRewritten."""
    module, node = _parsed(code)
    if not isinstance(node, cst.Import):
        raise NotRewritten("the statement is no import of a module")
    names = [
        alias.with_changes(name=_dotted(modules[name])) if (name := _name_of(alias)) in modules else alias
        for alias in node.names
    ]
    return Rewritten(_checked(code, node.with_changes(names=names), module))


def _parsed(code: str) -> tuple[cst.Module, cst.CSTNode]:
    try:
        module = cst.parse_module(code)
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        raise NotRewritten("LibCST cannot read the statement") from None
    line = module.body[0] if len(module.body) == 1 else None
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        raise NotRewritten("the statement is not one of its own")
    return module, line.body[0]


def _elsewhere(node: cst.ImportFrom, place: Destination | None, names: Sequence[cst.ImportAlias]) -> cst.ImportFrom:
    level, module = (place.level, place.module) if place else (0, "")
    after_from = node.whitespace_after_from
    if not after_from.value and not level:
        after_from = cst.SimpleWhitespace(" ")
    return node.with_changes(
        relative=[cst.Dot()] * level,
        module=_dotted(module) if module else None,
        names=names,
        whitespace_after_from=after_from,
        whitespace_before_import=node.whitespace_before_import if node.whitespace_before_import.value else _SPACE,
    )


_SPACE = cst.SimpleWhitespace(" ")


def _dotted(name: str) -> cst.Name | cst.Attribute:
    return cast(cst.Name | cst.Attribute, cst.parse_expression(name))


def _name_of(alias: cst.ImportAlias) -> str:
    return alias.evaluated_name


def _renamed(alias: cst.ImportAlias, name: str) -> cst.ImportAlias:
    """Import another name, bound as before."""
    old, bound = _name_of(alias), alias.evaluated_alias or _name_of(alias)
    asname = alias.asname
    if name != old:
        asname = None if name == bound else asname or cst.AsName(name=cst.Name(bound))
    return alias.with_changes(name=cst.Name(name), asname=asname)


def _grouped(
    names: Sequence[cst.ImportAlias], places: Sequence[Destination | None], comments: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Write the statements of the moved names: one for each module, and one for each name with a comment of its own."""
    groups: dict[tuple[int, str, int], list[str]] = {}
    for index, (alias, place) in enumerate(zip(names, places, strict=True)):
        if place is not None:
            renamed = _renamed(alias, place.name)
            text = place.name + (f" as {renamed.evaluated_alias}" if renamed.asname else "")
            alone = index if index in comments or not place.module else -1
            groups.setdefault((place.level, place.module, alone), []).append(text)
    return [
        (f"from {'.' * level}{module} import {', '.join(texts)}" if module or level else f"import {texts[0]}",
         comments.get(alone, ""))
        for (level, module, alone), texts in groups.items()
    ]  # fmt: skip


def _without(node: cst.ImportFrom, moved: Sequence[bool]) -> tuple[cst.ImportFrom | None, dict[int, str]]:
    """Take names out of a statement; return what stays (None: nothing) and the comments that go with the names.

    A comment at the end of a line belongs to the name that stands there alone; one on a line of its own stays.
    """
    names = list(cast(Sequence[cst.ImportAlias], node.names))
    gaps = _gaps(node, names)
    kept: list[cst.ImportAlias] = []
    between = [gaps[0]]
    comments: dict[int, str] = {}
    for index, alias in enumerate(names):
        if moved[index]:
            comment, between[-1] = _merged(between[-1], gaps[index + 1], not kept, index == len(names) - 1)
            if comment:
                comments[index] = comment
        else:
            kept.append(alias)
            between.append(gaps[index + 1])
    if not kept:
        return None, comments
    has_comma = isinstance(names[-1].comma, cst.Comma)
    for index, alias in enumerate(kept):
        comma: cst.Comma | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT
        if index < len(kept) - 1 or has_comma:
            comma = alias.comma if isinstance(alias.comma, cst.Comma) else cst.Comma()
            comma = comma.with_changes(whitespace_after=between[index + 1])
        kept[index] = alias.with_changes(comma=comma)
    changed = node.with_changes(names=kept)
    if node.lpar is not None and node.rpar is not None:
        before = node.rpar.whitespace_before if has_comma else between[-1]
        changed = changed.with_changes(
            lpar=node.lpar.with_changes(whitespace_after=between[0]),
            rpar=node.rpar.with_changes(whitespace_before=before),
        )
    return changed, comments


def _gaps(node: cst.ImportFrom, names: Sequence[cst.ImportAlias]) -> list[_Gap]:
    """Return the whitespace before each name and after the last."""
    first: _Gap = node.lpar.whitespace_after if node.lpar else node.whitespace_after_import
    gaps = [first]
    for alias in names:
        if isinstance(alias.comma, cst.Comma):
            gaps.append(alias.comma.whitespace_after)
        else:
            gaps.append(node.rpar.whitespace_before if node.rpar else cst.SimpleWhitespace(""))
    return gaps


def _merged(before: _Gap, after: _Gap, is_first: bool, is_last: bool) -> tuple[str, _Gap]:
    """Return the comment of the name between two gaps and the gap that stays without it."""
    comment = ""
    alone = is_first or isinstance(before, cst.ParenthesizedWhitespace)
    if alone and isinstance(after, cst.ParenthesizedWhitespace) and after.first_line.comment is not None:
        comment = after.first_line.comment.value
        bare = after.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
        after = after.with_changes(first_line=bare)
    if isinstance(before, cst.ParenthesizedWhitespace):
        if isinstance(after, cst.ParenthesizedWhitespace):
            lines = [*before.empty_lines, *after.empty_lines]
            return comment, before.with_changes(empty_lines=lines, last_line=after.last_line)
        return comment, after if is_last and not _has_comment(before) else before
    if isinstance(after, cst.ParenthesizedWhitespace):
        return comment, before if is_first and not is_last and not _has_comment(after) else after
    return comment, after if is_last else before


def _has_comment(gap: cst.ParenthesizedWhitespace) -> bool:
    return gap.first_line.comment is not None or any(line.comment for line in gap.empty_lines)


def _checked(code: str, node: cst.CSTNode, module: cst.Module) -> str:
    return _complete(code, Rewritten(module.code_for_node(node))).kept


def _complete(code: str, result: Rewritten) -> Rewritten:
    """Make sure that no comment is lost. Raises NotRewritten."""
    written = "\n".join([result.kept, result.comment, *(f"{text}  {comment}" for text, comment in result.added)])
    if sorted(_COMMENT.findall(code)) != sorted(_COMMENT.findall(written)):
        raise NotRewritten("a comment inside the statement would lose its place")
    return result
