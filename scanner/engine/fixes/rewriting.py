"""In the parser process: a file and its moves → the rewritten file, with what was refused and what to mind."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable

from scanner.engine.extract import extract
from scanner.engine.fixes.callers import Callers
from scanner.engine.fixes.diff import unified
from scanner.engine.fixes.messages import Answer, Move, Note, Request, read_request
from scanner.engine.fixes.module_uses import ModuleUses
from scanner.engine.fixes.placing import placed
from scanner.engine.fixes.statements import Destination, NotRewritten, move_module, move_names
from scanner.engine.fixes.text import Edit, SourceText, Unwritable
from scanner.engine.fixes.uses import Scope, Uses, watched
from scanner.engine.newer_syntax import lower

_Statement = ast.Import | ast.ImportFrom


def answer(message: bytes) -> bytes:
    """Answer an encoded Request. May kill the process, or raise RecursionError or MemoryError."""
    request = read_request(message)
    try:
        return _Rewriting(request).answer().encode()
    except Unwritable as error:
        return Answer(str(error)).encode()


class _Rewriting:
    def __init__(self, request: Request) -> None:
        self._request = request
        self._text = SourceText(request.source)
        self._tree = _parsed(self._text.text)
        self._uses = Uses(self._tree)
        self._callers = Callers(self._uses, request.sources)
        self._edits: list[Edit] = []
        self._refused: list[Note] = []
        self._warned: list[Note] = []
        self._attributes: list[Note] = []

    def answer(self) -> Answer:
        """Carry out every move that can be."""
        for statement, (scope, moves) in self._by_statement().items():
            held = [move for move in moves if not self._is_watched(move) and not self._has_heir(move, scope)]
            try:
                edits = self._rewrite(statement, scope, held) if held else []
            except NotRewritten as error:
                self._refused += (Note(move.key, move.line, str(error)) for move in held)
                continue
            self._edits += edits
            if isinstance(statement, ast.ImportFrom):
                self._warned += _once(note for move in held for note in self._callers.notes(move, scope))
        notes = (tuple(self._refused), tuple(self._warned), tuple(self._attributes))
        if not self._edits:
            return Answer("", b"", b"", None, *notes)
        source = self._text.edited(self._edits)
        facts = extract(source)
        if not facts.parsed or (_compiles(self._request.source) and not _compiles(source)):
            raise Unwritable("the rewritten file would not compile")
        return Answer("", source, unified(self._request.path, self._request.source, source), facts, *notes)

    def _by_statement(self) -> dict[_Statement, tuple[Scope, list[Move]]]:
        """Find the statement of each move."""
        found: dict[_Statement, tuple[Scope, list[Move]]] = {}
        for move in self._request.moves:
            hits = [(node, scope) for node, scope in self._uses.imports if _is_of(move, node)]
            if not hits:
                self._refused.append(Note(move.key, move.line, "the import is not where the scan saw it"))
            for node, scope in hits:
                found.setdefault(node, (scope, []))[1].append(move)
        return found

    def _is_watched(self, move: Move) -> bool:
        """Whether a string that names the old place forbids the move; where it does no harm it is only told."""
        lines = list(watched(self._uses, move.watched))
        for line, text in lines:
            if move.deferred or move.is_module:
                why = f'line {line} names "{text}" in a string: a mock put there would no longer reach this import'
                self._refused.append(Note(move.key, move.line, why))
                return True
        self._warned += (
            Note(
                move.key, line, f'The string "{text}" still names the old place: a mock put there changes nothing here.'
            )
            for line, text in lines
        )
        return False

    def _has_heir(self, move: Move, scope: Scope) -> bool:
        heir = self._callers.heir(move, scope)
        if heir:
            self._refused.append(Note(move.key, move.line, f"the class {heir} would inherit from another definition"))
        return bool(heir)

    def _rewrite(self, node: _Statement, scope: Scope, moves: list[Move]) -> list[Edit]:
        """Return the edits that carry out the moves of one statement. Raises NotRewritten."""
        start = self._text.offset(node.lineno, node.col_offset)
        end = self._text.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        code = self._text.text[start:end]
        edits: list[Edit] = []
        if isinstance(node, ast.Import):
            uses = ModuleUses(self._tree, self._uses, self._text)
            modules = {move.module: move.to_module for move in moves}
            for move in moves:
                attributes, chains = uses.moved(node, scope, move, self._request.moves)
                self._attributes += attributes
                edits += chains
            result = move_module(code, modules)
        else:
            result = move_names(code, _destinations(node, moves))
            for move in moves:
                if move.is_module:
                    uses = ModuleUses(self._tree, self._uses, self._text)
                    names = (alias.asname or alias.name for alias in node.names if alias.name == move.name)
                    for bound in dict.fromkeys(names):
                        self._attributes += uses.attributes(bound, scope, move)
        # Only now, when nothing was refused, do the edits of the uses count.
        return [*edits, *placed(self._text, node, result)]


def _once(notes: Iterable[Note]) -> list[Note]:
    """Say a sentence about a line once: of a name under several aliases there are several moves."""
    said: dict[tuple[int, str], Note] = {}
    for note in notes:
        said.setdefault((note.line, note.text), note)
    return list(said.values())


def _destinations(node: ast.ImportFrom, moves: list[Move]) -> dict[str, Destination]:
    """Return where each name goes: its own move counts before that of the whole statement."""
    found: dict[str, Destination] = {}
    for move in sorted(moves, key=lambda move: move.name):
        if move.name:
            found[move.name] = Destination(move.to_level, move.to_module, move.to_name)
        else:
            found |= {alias.name: Destination(move.to_level, move.to_module, alias.name) for alias in node.names}
    return found


def _is_of(move: Move, node: _Statement) -> bool:
    if node.lineno != move.line:
        return False
    if isinstance(node, ast.Import):
        return not move.name and not move.level and any(alias.name == move.module for alias in node.names)
    if (node.level, node.module or "") != (move.level, move.module):
        return False
    return not move.name or any(alias.name == move.name for alias in node.names)


def _parsed(text: str) -> ast.Module:
    """Parse the file; newer syntax is lowered, every statement on its line. Raises Unwritable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            older = lower(text)
        try:
            if older is not None:
                return ast.parse(older)
        except (SyntaxError, ValueError):
            pass
    raise Unwritable("the file cannot be parsed")


def _compiles(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<rewritten>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True
