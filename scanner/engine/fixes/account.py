"""What a person is told about patches and refusals, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine.fixes.patching import Patch, Refusal


class Account:
    """Counts results and puts them into words."""

    def __init__(self) -> None:
        self._moved = self._files = self._refused = self._warned = 0

    def lines(self, result: Patch | Refusal) -> Iterator[str]:
        """Yield what there is to say about a result: nothing for a patch that leaves nothing to mind."""
        if isinstance(result, Refusal):
            self._refused += 1
            finding = result.finding
            yield f"{finding.path}:{finding.line}: {finding.rule} refused: {result.reason}."
            return
        self._files += 1
        self._moved += len(result.moved)
        self._warned += len(result.notes)
        rules = {finding.fingerprint: finding.rule for finding in result.moved}
        for note in sorted(result.notes, key=lambda note: note.line):
            yield f"{result.path}:{note.line}: {rules[note.key]} warning: {note.text}"

    def summary(self) -> str:
        """Say how much was done."""
        if not self._moved + self._refused:
            return "There is nothing to repair."
        told = f"{self._moved} of {_count(self._moved + self._refused, 'finding')} repaired in "
        told += f"{_count(self._files, 'file')}, {self._refused} refused, {_count(self._warned, 'warning')}."
        return told


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
