"""Repairs: imports that are moved to where the rules want them, as patches. Nothing is ever written.

`patch` repairs one finding, `Workshop.repair` many, each held against a scan of the patched tree. LibCST rewrites the
statements, in a parser process; the rest of a file keeps every byte.
"""
