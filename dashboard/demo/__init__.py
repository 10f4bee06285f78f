"""The demo that the first `up` brings along: a small repository with a real history, its plan, and what people did.

`history/` is what was committed, as git reads it; `story.toml` is what people did on the pages. Both are data; the
modules only carry it through the functions that the pages use, so every state that is shown was worked out.
"""
