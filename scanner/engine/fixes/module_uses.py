"""What a file does with a module it imports, and its uses under the module's new name."""

from __future__ import annotations

import ast

from scanner.engine.fixes.messages import Move, Note
from scanner.engine.fixes.statements import NotRewritten
from scanner.engine.fixes.text import Edit, SourceText
from scanner.engine.fixes.uses import Scope, Uses
from scanner.engine.syntax import dotted


class ModuleUses:
    """The uses of modules in one file. Every method raises NotRewritten where a use cannot be followed."""

    def __init__(self, tree: ast.Module, uses: Uses, text: SourceText) -> None:
        self._tree = tree
        self._uses = uses
        self._text = text

    def moved(
        self, node: ast.Import, scope: Scope, move: Move, moves: tuple[Move, ...]
    ) -> tuple[list[Note], list[Edit]]:
        """Return what the file takes from a module that an `import` names, and the edits of its uses."""
        notes: list[Note] = []
        edits: list[Edit] = []
        for alias in node.names:
            if alias.name != move.module:
                continue
            if alias.asname:
                notes += self.attributes(alias.asname, scope, move)
            else:
                found, chains = self._chains(node, scope, move, moves)
                notes += found
                edits += chains
        return notes, edits

    def attributes(self, bound: str, scope: Scope, move: Move) -> list[Note]:
        """Return what is read from a module by its bound name."""
        notes = []
        for use in self._uses.of(bound, scope):
            if not isinstance(use.parent, ast.Attribute):
                raise NotRewritten(f"line {use.node.lineno} hands on the module itself")
            if not isinstance(use.parent.ctx, ast.Load):
                raise NotRewritten(f"line {use.node.lineno} sets {bound}.{use.parent.attr}")
            notes.append(Note(move.key, use.node.lineno, use.parent.attr))
        return notes

    def _chains(
        self, node: ast.Import, scope: Scope, move: Move, moves: tuple[Move, ...]
    ) -> tuple[list[Note], list[Edit]]:
        """Follow `import a.b`, which binds `a`: every `a.b` gets its new name."""
        old, new = move.module, move.to_module
        top, new_top = old.partition(".")[0], new.partition(".")[0]
        others = self._check_names(node, scope, move, moves)
        notes: list[Note] = []
        edits: list[Edit] = []
        followed = set()
        for whole in ast.walk(self._tree):
            for part in ast.iter_child_nodes(whole):
                if not isinstance(part, ast.Attribute | ast.Name) or dotted(part) != old:
                    continue
                if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                    continue
                if not isinstance(whole, ast.Attribute):
                    raise NotRewritten(f"line {part.lineno} hands on the module itself")
                if not isinstance(whole.ctx, ast.Load):
                    raise NotRewritten(f"line {part.lineno} sets {old}.{whole.attr}")
                notes.append(Note(move.key, part.lineno, whole.attr))
                start = self._text.offset(part.lineno, part.col_offset)
                edits.append(Edit(start, self._text.offset(part.end_lineno or 0, part.end_col_offset or 0), new))
                followed.add((part.lineno, part.col_offset))
        for use in self._uses.of(top, scope):
            place = (use.node.lineno, use.node.col_offset)
            if place not in followed and top != new_top and not others:
                raise NotRewritten(f"line {use.node.lineno} uses {top}, which this import also brings")
        return notes, edits

    def _check_names(self, node: ast.Import, scope: Scope, move: Move, moves: tuple[Move, ...]) -> bool:
        """Make sure that the names mean modules everywhere in the file; return whether other imports bring the old."""
        if isinstance(scope, ast.ClassDef):
            raise NotRewritten("the import makes an attribute of a class")
        top, new_top = move.module.partition(".")[0], move.to_module.partition(".")[0]
        going = {(other.line, other.module) for other in moves if not other.name and other.to_module == move.to_module}
        others = False
        for name in {top, new_top}:
            for binder in self._uses.binders(name):
                line = getattr(binder, "lineno", 0)
                if not isinstance(binder, ast.Import) or not _brings(binder, name):
                    raise NotRewritten(f"line {line} gives {name} another meaning")
                if name == top and binder is not node and (line, move.module) not in going:
                    if binder not in self._uses.bound_in(name, scope):
                        raise NotRewritten(f"line {line} brings {name}, too, elsewhere in the file")
                    others = True
        return others


def _brings(node: ast.Import, name: str) -> bool:
    """Whether an `import` binds a name only as the top package that it is."""
    return not any(alias.asname == name for alias in node.names)
