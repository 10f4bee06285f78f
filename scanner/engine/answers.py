"""Answers that are kept, each until something it looked at changes, with those who asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from sys import intern
from typing import NamedTuple

from scanner.engine.multimap import Members, Multimap, joined, parted
from scanner.engine.questions import Question, Targets

_Resolve = Callable[[Question], tuple[Targets, Collection[str]]]


class _Answer(NamedTuple):
    """`question` is the one object that stands for all equal ones; `askers` are the files that rely on the answer."""

    question: Question
    targets: Targets
    marks: tuple[str, ...]
    askers: Members[str]


class Answers:
    """Questions, their answers, and the files that want to know when an answer changes."""

    _resolve: _Resolve

    def __init__(self) -> None:
        self._known: dict[Question, _Answer] = {}
        self._by_mark: Multimap[str, Question] = Multimap()
        self.asked: dict[str, list[Question]] = {}  # by the file that asked, each question once
        self._unasked: set[Question] = set()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in {"_resolve", "asked"}}

    def rely_on(self, resolve: _Resolve) -> None:
        """Take what resolves questions; a pickle holds the answers, not what found them."""
        self._resolve = resolve

    def ask(self, asker: str, question: Question) -> Targets:
        """Return the answer and remember that the file `asker` relies on it."""
        answer = self._known.get(question) or self._find(question, ())
        if asker not in answer.askers:
            self._rely(answer, joined(answer.askers, asker))
            self.asked.setdefault(asker, []).append(answer.question)
        return answer.targets

    def forget(self, asker: str) -> None:
        """Forget what a file asked."""
        for question in self.asked.pop(asker, ()):
            answer = self._known[question]
            askers = parted(answer.askers, asker)
            self._rely(answer, askers)
            if not askers:
                self._unasked.add(question)

    def looked_at(self, mark: str) -> bool:
        """Whether any answer depends on what the mark stands for."""
        return mark in self._by_mark

    def renew(self, marks: Iterable[str]) -> set[str]:
        """Answer again what looked at any of the marks; return the files that got another answer."""
        stale = {question for mark in marks for question in self._by_mark.get(mark, ())}
        touched: set[str] = set()
        for question in stale:
            before = self._drop(question)
            if self._find(question, before.askers).targets != before.targets:
                touched.update(before.askers)
        return touched

    def purge(self) -> None:
        """Let go of the answers nobody relies on any more."""
        for question in self._unasked:
            if not self._known[question].askers:
                self._drop(question)
        self._unasked.clear()

    def _rely(self, answer: _Answer, askers: Members[str]) -> None:
        if askers is not answer.askers:
            self._known[answer.question] = answer._replace(askers=askers)

    def _find(self, question: Question, askers: Members[str]) -> _Answer:
        targets, seen = self._resolve(question)
        marks = tuple(map(intern, seen))
        for mark in marks:
            self._by_mark.add(mark, question)
        answer = self._known[question] = _Answer(question, targets, marks, askers)
        return answer

    def _drop(self, question: Question) -> _Answer:
        answer = self._known.pop(question)
        for mark in answer.marks:
            self._by_mark.discard(mark, question)
        return answer
