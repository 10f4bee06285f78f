"""Lower syntax newer than the running interpreter to an equivalent that it reads, every statement on its line.

LibCST reads it, ast then reads what is written here: one extractor, two doors. Only what the interpreter cannot
read is touched, so that equal code keeps equal facts.
"""

# ruff: noqa: ARG002, N802 (LibCST calls the methods, by these names)
from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias, cast

import libcst as cst

if TYPE_CHECKING:
    from libcst import BaseExpression

_String: TypeAlias = cst.FormattedString | cst.TemplatedString | cst.ConcatenatedString

# CPython refuses more than 200, LibCST dies of more than 1,000.
_MAX_NESTING = 500


def lower(source: str) -> str | None:
    """Return `source` in older syntax with as many lines; None when LibCST cannot read it either.

    May kill the process: LibCST overflows the stack on deeply nested input. Call it in a parser process only.
    """
    if _nesting(source) > _MAX_NESTING:
        return None
    source = source.replace("\r\n", "\n").replace("\r", "\n")  # as Python reads it
    try:
        module = cst.parse_module(source)
        lowered = module.visit(_Lowering(module)).code
    except (cst.ParserSyntaxError, cst.CSTValidationError, cst.CSTLogicError, UnicodeError):
        return None
    return lowered if lowered.count("\n") == source.count("\n") else None


def _nesting(source: str) -> int:
    """Return how deep brackets nest, those in strings and comments included: a rough bound that costs little."""
    depth = deepest = 0
    for bracket in re.findall(r"[][(){}]", source):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


class _Lowering(cst.CSTTransformer):
    def __init__(self, module: cst.Module) -> None:
        super().__init__()
        self._module = module

    # Strings: PEP 701 (quotes, comments, backslashes and newlines inside f-strings), PEP 750 (t-strings).
    # They are not descended into: nothing needs lowering inside a string that is read as it stands.

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        return False

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        return False

    def visit_TemplatedString(self, node: cst.TemplatedString) -> bool:
        return False

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> BaseExpression:
        return self._string(updated_node)

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> BaseExpression:
        return self._string(updated_node)

    def leave_TemplatedString(
        self, original_node: cst.TemplatedString, updated_node: cst.TemplatedString
    ) -> BaseExpression:
        return self._string(updated_node)

    def _string(self, node: _String) -> BaseExpression:
        """Keep a string that is read as it stands; make of another the tuple of the expressions it holds."""
        if _reads(self._module.code_for_node(node)):
            return node
        text = "".join(self._expressions(node))
        return _within(node, cst.parse_expression(f"({text})"))

    def _expressions(self, node: cst.CSTNode) -> Iterator[str]:
        """Yield the code of the expressions in a string and the newlines between them."""
        code = self._module.code_for_node
        if isinstance(node, cst.ConcatenatedString):
            yield from self._expressions(node.left)
            yield code(node.whitespace_between)
            yield from self._expressions(node.right)
        elif isinstance(node, cst.FormattedString | cst.TemplatedString):
            for part in node.parts:
                yield from self._expressions(part)
        elif isinstance(node, cst.FormattedStringExpression | cst.TemplatedStringExpression):
            lowered = cast("BaseExpression", node.expression.visit(self))
            before, after = code(node.whitespace_before_expression), code(node.whitespace_after_expression)
            yield f"({before}{code(lowered)}{after}),"
            if node.equal is not None:
                yield self._blank(node.equal)
            for part in node.format_spec or ():
                yield from self._expressions(part)
        else:
            yield self._blank(node)

    def _blank(self, node: cst.CSTNode) -> str:
        return "\n" * self._lines(node)

    # PEP 695 and 696: type parameters, the type statement

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        if original_node.type_parameters is None or sys.version_info >= (3, 13):
            return updated_node
        lines = self._lines(original_node.type_parameters) + self._lines(original_node.whitespace_after_type_parameters)
        return updated_node.with_changes(
            type_parameters=None,
            whitespace_after_type_parameters=cst.SimpleWhitespace(""),
            whitespace_before_params=_longer(updated_node.whitespace_before_params, lines),
        )

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        if original_node.type_parameters is None or sys.version_info >= (3, 13):
            return updated_node
        lines = self._lines(original_node.type_parameters) + self._lines(original_node.whitespace_after_type_parameters)
        lpar, rpar = updated_node.lpar, updated_node.rpar
        if lines:
            lpar = lpar if isinstance(lpar, cst.LeftParen) else cst.LeftParen()
            rpar = rpar if isinstance(rpar, cst.RightParen) else cst.RightParen()
            lpar = lpar.with_changes(whitespace_after=_longer(lpar.whitespace_after, lines))
        return updated_node.with_changes(
            type_parameters=None,
            whitespace_after_type_parameters=cst.SimpleWhitespace(""),
            lpar=lpar,
            rpar=rpar,
        )

    def leave_TypeAlias(self, original_node: cst.TypeAlias, updated_node: cst.TypeAlias) -> cst.BaseSmallStatement:
        if sys.version_info >= (3, 13):
            return updated_node
        target = cst.AssignTarget(updated_node.name)
        assign = cst.Assign([target], updated_node.value, semicolon=updated_node.semicolon)
        bare = original_node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        lines = self._lines(bare) - self._lines(original_node.value)
        if not lines:
            return assign
        return assign.with_changes(value=_inside(updated_node.value, _longer(cst.SimpleWhitespace(""), lines)))

    def _lines(self, node: cst.CSTNode | cst.MaybeSentinel) -> int:
        return self._module.code_for_node(node).count("\n") if isinstance(node, cst.CSTNode) else 0

    # PEP 758: except A, B without parentheses

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        return updated_node.with_changes(type=_parenthesized(updated_node.type))

    def leave_ExceptStarHandler(
        self, original_node: cst.ExceptStarHandler, updated_node: cst.ExceptStarHandler
    ) -> cst.ExceptStarHandler:
        return updated_node.with_changes(type=_parenthesized(updated_node.type))

    # PEP 798: unpacking in comprehensions

    def leave_ListComp(self, original_node: cst.ListComp, updated_node: cst.ListComp) -> cst.ListComp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_SetComp(self, original_node: cst.SetComp, updated_node: cst.SetComp) -> cst.SetComp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_GeneratorExp(self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp) -> cst.GeneratorExp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_StarredDictComp(
        self, original_node: cst.StarredDictComp, updated_node: cst.StarredDictComp
    ) -> cst.SetComp:
        return cst.SetComp(
            elt=_inside(updated_node.value, updated_node.whitespace_before_value),
            for_in=updated_node.for_in,
            lbrace=updated_node.lbrace,
            rbrace=updated_node.rbrace,
            lpar=updated_node.lpar,
            rpar=updated_node.rpar,
        )

    # PEP 810: lazy imports

    def leave_LazyImport(self, original_node: cst.LazyImport, updated_node: cst.LazyImport) -> cst.Import:
        return cst.Import(
            names=updated_node.names,
            semicolon=updated_node.semicolon,
            whitespace_after_import=updated_node.whitespace_after_import,
        )

    def leave_LazyImportFrom(
        self, original_node: cst.LazyImportFrom, updated_node: cst.LazyImportFrom
    ) -> cst.ImportFrom:
        return cst.ImportFrom(
            module=updated_node.module,
            names=updated_node.names,
            relative=updated_node.relative,
            lpar=updated_node.lpar,
            rpar=updated_node.rpar,
            semicolon=updated_node.semicolon,
            whitespace_after_from=updated_node.whitespace_after_from,
            whitespace_before_import=updated_node.whitespace_before_import,
            whitespace_after_import=updated_node.whitespace_after_import,
        )


def _reads(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(f"({code})", mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _longer(before: cst.BaseParenthesizableWhitespace, lines: int) -> cst.BaseParenthesizableWhitespace:
    """Return whitespace within brackets with `lines` newlines more."""
    if not lines:
        return before
    if isinstance(before, cst.ParenthesizedWhitespace):
        blank = [cst.EmptyLine(indent=False)] * lines
        return before.with_changes(empty_lines=[*blank, *before.empty_lines])
    blank = [cst.EmptyLine(indent=False)] * (lines - 1)
    return cst.ParenthesizedWhitespace(empty_lines=blank, indent=False, last_line=cst.SimpleWhitespace(" "))


def _parenthesized(node: BaseExpression | None) -> BaseExpression | None:
    if isinstance(node, cst.Tuple) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def _unstarred(element: BaseExpression) -> BaseExpression:
    if isinstance(element, cst.StarredElement):
        return _inside(element.value, element.whitespace_before_value)
    return element


def _inside(value: BaseExpression, space: cst.BaseParenthesizableWhitespace) -> BaseExpression:
    """Parenthesise an expression, with `space` after the bracket."""
    return value.with_changes(
        lpar=[cst.LeftParen(whitespace_after=space), *value.lpar], rpar=[*value.rpar, cst.RightParen()]
    )


def _within(outer: BaseExpression, value: BaseExpression) -> BaseExpression:
    """Give an expression the brackets of the one it replaces."""
    return value.with_changes(lpar=[*outer.lpar, *value.lpar], rpar=[*value.rpar, *outer.rpar])
