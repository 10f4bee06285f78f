"""Whether those who use a moved name fit what it means from now on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scanner.engine.fixes.messages import Check, Move, Note
from scanner.engine.fixes.signatures import Signature, signature_of
from scanner.engine.fixes.uses import Scope, Use, Uses


class Callers:
    """The uses of moved names in one file; `sources` hold the definitions that moves speak of."""

    def __init__(self, uses: Uses, sources: tuple[bytes, ...]) -> None:
        self._uses = uses
        self._sources = sources
        self._signatures: dict[tuple[int, str], Signature | None] = {}

    def notes(self, move: Move, scope: Scope) -> Iterator[Note]:
        """Say what will not work, or not be the same, after a move; each thing once."""
        said: set[str] = set()
        for check in move.checks:
            if check.before:
                meaning = f"{check.bound} was {check.before} so far, which is another definition."
                yield Note(move.key, move.line, meaning)
            signature = self._signature(check)
            if signature is None:
                continue
            for use in self._uses.of(check.bound, scope):
                for line, text in self._misfits(use, signature):
                    if text not in said:
                        said.add(text)
                        yield Note(move.key, line, text)

    def heir(self, move: Move, scope: Scope) -> str:
        """Return the class that would get another base by a move, "" when there is none."""
        for check in move.checks:
            for use in self._uses.of(check.bound, scope) if check.before else ():
                if isinstance(use.parent, ast.ClassDef) and use.node in use.parent.bases:
                    return use.parent.name
        return ""

    def _signature(self, check: Check) -> Signature | None:
        key = (check.source, check.name)
        if check.source >= 0 and key not in self._signatures:
            self._signatures[key] = signature_of(self._sources[check.source], check.name)
        return self._signatures.get(key)

    def _misfits(self, use: Use, signature: Signature) -> Iterator[tuple[int, str]]:
        parent, line = use.parent, use.node.lineno
        if isinstance(parent, ast.Call) and parent.func is use.node:
            misfit = signature.misfit(parent)
            if misfit:
                yield line, f"The call does not fit: {misfit}."
            yield from self._instance_misfits(use, signature)
        elif isinstance(parent, ast.Attribute) and not _has(signature, parent.attr):
            yield line, f"{signature.name} has no {parent.attr}."

    def _instance_misfits(self, use: Use, signature: Signature) -> Iterator[tuple[int, str]]:
        """Follow `x = Name(…)` to what is asked of x."""
        assign = use.grandparent
        if not isinstance(assign, ast.Assign) or len(assign.targets) != 1 or assign.value is not use.parent:
            return
        target = assign.targets[0]
        if not isinstance(target, ast.Name) or len(self._uses.bound_in(target.id, use.scope)) != 1:
            return
        for read in self._uses.of(target.id, use.scope):
            asked = read.parent
            if isinstance(asked, ast.Attribute) and isinstance(asked.ctx, ast.Load) and not _has(signature, asked.attr):
                yield read.node.lineno, f"{signature.name} has no {asked.attr}."


def _has(signature: Signature, name: str) -> bool:
    return signature.members is None or name in signature.members or name.startswith("__")
