from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Violation
from scanner.engine.world import World


class RuleFailed(Rule):
    """A rule broke off on a file, so what it would have found there is not known.

    What it does
    ------------
    Reports each place at which another rule ended with an error of its own. The scan goes on with the other rules and
    files. The file counts as not analysed, so the coverage says that something is missing; the score does not change.

    Why is this bad
    ---------------
    It is a mistake in Truthline, not in the code. Findings of that rule may be missing, and missing is not a pass.

    Example
    -------
        # any file on which a rule raises an exception

    Use instead
    -----------
        # Nothing to mend in the code: report it, with the name of the rule and the file.

    Not flagged
    -----------
    - Files that no parser can read: that is unparsable-file.
    """

    name = "rule-failed"
    area = None
    severity = "critical"

    def keys(self, world: World) -> Iterable[Hashable]:  # noqa: ARG002
        """Return none: the snapshot reports when another rule fails."""
        return ()

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:  # noqa: ARG002
        """Return none."""
        return ()

    def report(self, rule: str, key: Hashable, error: Exception, world: World) -> Violation | None:
        """Return the violation that says so, None when no file is concerned.

        It stands at the file that the key names, else at the first of those that the change touched.
        """
        parts = key if isinstance(key, tuple) else (key,)
        named = next((part for part in parts if isinstance(part, str) and part in world.files), "")
        path = named or min(world.touched.files & world.files.keys(), default="")
        if not path:
            return None
        what = f"The rule {rule} failed here with {type(error).__name__}: what it would have found is not known."
        finding = Finding(path, 1, 1, rule, f"{rule} {key!r}", what, self.severity)
        return self.violation(finding, 0, world)
