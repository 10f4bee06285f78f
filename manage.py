#!/usr/bin/env python3
"""`python3 manage.py up` runs Truthline, `python3 manage.py test` tests it; any other word is a Django command.

Needs nothing but Python and git: the first call makes `.venv` beside this file and goes on in there. This file keeps to
syntax that older interpreters read too, so that they can be told what is wrong.
"""

import sys

OLDEST = (3, 11)


def main() -> int:
    if tuple(sys.version_info[:2]) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        found = ".".join(map(str, sys.version_info[:2]))
        sentence = "manage.py: Truthline needs Python {0} or newer, and {1} is Python {2}. Try: python{0} manage.py\n"
        sys.stderr.write(sentence.format(wanted, sys.executable, found))
        return 1
    # Only now: the rest is written for the Python that was just asked for.
    from dashboard.embedded import bootstrap  # noqa: PLC0415

    return bootstrap.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
