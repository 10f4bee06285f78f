"""Which fault comes when: drawn from a seed, struck at the processes of an installation, and written down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.installation import Installation, strike

# Ways to die, and how often each is chosen of its part.
WAYS = {
    "worker": {"whole": 4, "main": 3, "child": 5},
    "database": {"fast": 3, "immediate": 4, "kill": 3},
    "broker": {"kill": 6, "term": 4},
    "messages": {"lost": 1},
    "beat": {"kill": 1},
    "parser": {"kill": 1},
}
SIGNALS = {"fast": "INT", "immediate": "QUIT", "kill": "KILL", "term": "TERM"}
LONGEST_OUTAGE = 3.0  # seconds that a server stays away


@dataclass
class Striker:
    """Strikes `wanted` faults per part, one every `pause` seconds in the mean."""

    installation: Installation
    random: Random
    pause: float
    wanted: dict[str, int]
    struck: list[tuple[float, str, str, str]] = field(default_factory=list)  # seconds, part, way, what went on
    outages: list[tuple[float, float]] = field(default_factory=list)  # when pages may fail
    began: float = field(default_factory=time.time)
    next_at: float = 0.0

    def __post_init__(self) -> None:
        self.plan = [part for part, count in self.wanted.items() for _ in range(count)]
        self.random.shuffle(self.plan)
        self.draw()

    @property
    def over(self) -> bool:
        return not self.plan

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        return Counter((part, way) for _, part, way, _ in self.struck)

    def draw(self) -> None:
        self.next_at = time.time() + self.random.uniform(0.2, 2 * self.pause)

    def strike_when_due(self, what_goes_on: Callable[[], str]) -> None:
        """Strike the next fault if its moment has come; a parser that does not run now is struck later."""
        if self.over or time.time() < self.next_at:
            return
        part = self.plan[-1]
        ways = WAYS[part]
        way = self.random.choices([*ways], [*ways.values()])[0]
        during = what_goes_on()
        began = time.time()
        if getattr(self, f"_{part}")(way):
            self.plan.pop()
            self.struck.append((began - self.began, part, way, during))
        else:
            self.plan.insert(0, self.plan.pop())
        if part in {"database", "broker"}:
            self.outages.append((began, time.time()))
        self.draw()

    def _worker(self, way: str) -> bool:
        if way == "child":
            found = self.installation.prefork()
            return bool(found) and strike(self.random.choice(found))
        child = self.installation.child("worker")
        if way == "whole":
            child.kill_all()
            child.process.wait()
        else:
            child.signal("KILL")
            child.process.wait()
            # Its children go on for a moment without anybody to tell.
            time.sleep(self.random.uniform(0, 1.5))
            child.kill_all()
        self.installation.restart("worker")
        return True

    def _database(self, way: str) -> bool:
        self.installation.kill("database", SIGNALS[way])
        time.sleep(self.random.choice([0, self.random.uniform(0, LONGEST_OUTAGE)]))
        self.installation.restart("database")
        return True

    def _broker(self, way: str) -> bool:
        self.installation.kill("broker", SIGNALS[way])
        time.sleep(self.random.choice([0, self.random.uniform(0, LONGEST_OUTAGE)]))
        self.installation.restart("broker")
        return True

    def _messages(self, way: str) -> bool:
        self.installation.forget_messages()
        return True

    def _beat(self, way: str) -> bool:
        self.installation.kill("beat")
        self.installation.restart("beat")
        return True

    def _parser(self, way: str) -> bool:
        found = self.installation.parsers()
        return bool(found) and strike(self.random.choice(found))
