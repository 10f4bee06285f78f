"""Answers to questions about imports, kept until something they looked at changes, with those who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from scanner.engine.questions import Question, Target

_Resolve = Callable[[Question], tuple[Target, frozenset[str]]]


class Answers:
    """Questions, their answers, and the files that want to know when an answer changes."""

    _resolve: _Resolve

    def __init__(self) -> None:
        self._targets: dict[Question, Target] = {}
        self._marks: dict[Question, tuple[str, ...]] = {}
        self._by_mark: dict[str, set[Question]] = {}
        self._askers: dict[Question, set[str]] = {}
        self.asked: dict[str, set[Question]] = {}  # by the file that asked
        self._unasked: set[Question] = set()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in {"_resolve", "asked"}}

    def rely_on(self, resolve: _Resolve) -> None:
        """Take what resolves questions; a pickle holds the answers, not what found them."""
        self._resolve = resolve

    def ask(self, asker: str, question: Question) -> Target:
        """Return the answer and remember that the file `asker` relies on it."""
        target = self._targets.get(question)
        if target is None:
            target = self._find(question)
        self._askers.setdefault(question, set()).add(asker)
        self.asked.setdefault(asker, set()).add(question)
        return target

    def forget(self, asker: str) -> None:
        """Forget what a file asked."""
        for question in self.asked.pop(asker, ()):
            askers = self._askers[question]
            askers.discard(asker)
            if not askers:
                self._unasked.add(question)

    def renew(self, marks: Iterable[str]) -> set[str]:
        """Answer again what looked at any of the marks; return the files that got another answer."""
        stale = {question for mark in marks for question in self._by_mark.get(mark, ())}
        touched: set[str] = set()
        for question in stale:
            before = self._targets[question]
            self._drop(question)
            if self._find(question) != before:
                touched |= self._askers[question]
        return touched

    def purge(self) -> None:
        """Let go of the answers nobody relies on any more."""
        for question in self._unasked:
            if not self._askers.get(question):
                self._askers.pop(question, None)
                self._drop(question)
        self._unasked.clear()

    def _find(self, question: Question) -> Target:
        target, marks = self._resolve(question)
        self._targets[question] = target
        self._marks[question] = tuple(marks)
        for mark in marks:
            self._by_mark.setdefault(mark, set()).add(question)
        return target

    def _drop(self, question: Question) -> None:
        del self._targets[question]
        for mark in self._marks.pop(question):
            questions = self._by_mark[mark]
            questions.discard(question)
            if not questions:
                del self._by_mark[mark]
