"""`truthline PATH` and `python -m scanner PATH`: the engine as a command, without a database and without a network."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from scanner.command.arguments import COMMANDS, UsageError, parsers
from scanner.engine.cache import CacheError
from scanner.engine.config import ConfigError
from scanner.engine.git import GitError
from scanner.engine.parser import ParserPoolError
from scanner.terminal import OutputError, open_streams, silence, tell

REFUSED = 2
INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 pass, 1 gate failed, 2 refused, 3 gate inconclusive."""
    open_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Facts are millions of small tuples without cycles: collecting as often as by default costs a fifth of a warm scan.
    gc.set_threshold(100_000, 20, 100)
    command = words.pop(0) if words[:1] and words[0] in COMMANDS else ""
    try:
        options = parsers()[command].parse_args(words)
        # Only the command that runs is loaded: a hook is waited for.
        return int(import_module(f"scanner.command.{command or 'scan'}").run(options))
    except (UsageError, GitError, ConfigError, CacheError, OutputError, ParserPoolError) as error:
        tell(f"truthline: {error}")
        return REFUSED
    except BrokenPipeError:
        # Who read the output has left.
        silence(sys.stdout)
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        tell("truthline: interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
