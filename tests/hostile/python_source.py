"""Made-up Python: sources of the constructs that facts are made of, and modules that import each other."""

from __future__ import annotations

from textwrap import indent

from hypothesis import strategies as st

NAMES = st.sampled_from(
    ["a", "b", "x", "self", "cls", "A", "Store", "_instance", "__all__", "__getattr__", "os", "sys", "cache", "ﬁ", "变"]
)
DOTTED = st.lists(NAMES, min_size=1, max_size=4).map(".".join)
ATOMS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            *("None", "1", "0xff", "1e9", "1j", "''", "'a'", "b'b'", "...", "()", "[]", "{}", "set()", "f'{a!r:>{b}}'"),
            *(
                "sys.modules",
                "os.environ",
                "os.environ['A']",
                "globals()",
                "'\\ud800'",
                "f'{a['b']}'",
                "t'{a}'",
                "{*a}",
            ),
        ]
    ),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{}.{}".format, inner, NAMES),
        st.builds("{}({}, *{}, a={})".format, inner, inner, NAMES, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} or {} and not {})".format, inner, inner, inner),
        st.builds("[{}, *{}]".format, inner, NAMES),
        st.builds("{{{}: {} for {} in {}}}".format, inner, inner, NAMES, inner),
        st.builds("(lambda {}: {})".format, NAMES, inner),
        st.builds("({} := {})".format, NAMES, inner),
        st.builds("({} is None)".format, inner),
        st.builds("cast(A, {})".format, inner),
    ),
    max_leaves=5,
)
IMPORTS = st.one_of(
    st.builds("import {} as {}".format, DOTTED, NAMES),
    st.builds("import {}, {}".format, DOTTED, DOTTED),
    st.builds("from {}{} import {} as {}, {}".format, st.sampled_from(["", ".", "..."]), DOTTED, NAMES, NAMES, NAMES),
    st.builds("from {} import *".format, DOTTED),
)
SIMPLE = st.one_of(
    IMPORTS,
    EXPRESSIONS,
    st.builds("{} = {}".format, st.one_of(NAMES, EXPRESSIONS), EXPRESSIONS),
    st.builds("{}: ClassVar[{}] = {}".format, NAMES, DOTTED, EXPRESSIONS),
    st.builds("{} += {}".format, st.one_of(NAMES, DOTTED), EXPRESSIONS),
    st.builds("self.{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("{}[{}] = {}".format, DOTTED, EXPRESSIONS, EXPRESSIONS),
    st.builds("{}.append({})".format, DOTTED, EXPRESSIONS),
    st.builds("return {}".format, EXPRESSIONS),
    st.builds("global {}".format, NAMES),
    st.builds("del {}, {}".format, DOTTED, NAMES),
    st.builds("raise {}".format, EXPRESSIONS),
    st.builds("type {} = {}".format, NAMES, EXPRESSIONS),
    st.builds("pass  # truthline: allow[{}] until={} reason={}".format, DOTTED, ATOMS, ATOMS),
)
HEADS = st.one_of(
    st.builds("def {}({}, *{}, **{}):".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("@{}\nasync def {}():".format, EXPRESSIONS, NAMES),
    st.builds("@classmethod\ndef {}({}):".format, NAMES, NAMES),
    st.builds("class {}({}, metaclass={}):".format, NAMES, EXPRESSIONS, DOTTED),
    st.builds("@{}\nclass {}:".format, EXPRESSIONS, NAMES),
    st.builds("class {}[T]:".format, NAMES),
    st.builds("if {}:".format, st.one_of(EXPRESSIONS, st.sampled_from(["TYPE_CHECKING", "__name__ == '__main__'"]))),
    st.builds("for {} in {}:".format, NAMES, EXPRESSIONS),
    st.builds("while {}:".format, EXPRESSIONS),
    st.builds("with {} as {}, suppress(ImportError):".format, EXPRESSIONS, NAMES),
    st.builds("try: import {}\nexcept {}:".format, DOTTED, st.sampled_from(["ImportError", "(a, A.b)", "Exception"])),
    st.builds(
        "match {}:\n case {}:".format, EXPRESSIONS, st.sampled_from(["A(b=[*x])", "{'a': y, **z}", "1 | 2", "_"])
    ),
)


def _block(head: str, body: list[str]) -> str:
    return f"{head}\n{indent(chr(10).join(body), '  ')}"


STATEMENTS = st.recursive(
    SIMPLE, lambda inner: st.builds(_block, HEADS, st.lists(inner, min_size=1, max_size=4)), max_leaves=8
)
SOURCES = st.lists(STATEMENTS, max_size=6).map("\n".join)

# Few modules and few names, so that imports meet: chains, stars, circles, shadows and files that cannot be read.
PATHS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "p/", "p/q/", "r/", "tests/"]),
    st.sampled_from(["__init__", "a", "b", "p", "q"]),
    st.sampled_from([".py", ".py", ".py", ".py", ".pyi", ".so"]),
)
_MODULES = st.sampled_from(
    ["p", "p.a", "p.b", "p.q", "p.q.a", "r", "r.b", "q", "a", ".", ".a", "..", "..b", "os", "p.x"]
)
_OFFERED = st.sampled_from(["A", "B", "a", "b", "q", "*"])
_BOUND = st.sampled_from(["A", "B", "a", "b", "q"])
_LINES = st.one_of(
    st.builds("from {} import {}".format, _MODULES, _OFFERED),
    st.builds("from {} import {} as {}".format, _MODULES, _BOUND, _BOUND),
    st.builds("import p.{} as {}".format, _BOUND, _BOUND),
    st.builds("try: from {} import {}\nexcept ImportError: {} = None".format, _MODULES, _BOUND, _BOUND),
    st.builds("if TYPE_CHECKING:\n    from {} import {}".format, _MODULES, _BOUND),
    st.builds("def f():\n    from {} import {}".format, _MODULES, _BOUND),
    st.builds("class {}({}):\n    x = {}\n    def f(self): self.y = []".format, _BOUND, _BOUND, st.integers(0, 1)),
    st.builds("{} = {}".format, _BOUND, _BOUND),
    st.builds("__all__ = ['{}', '{}']".format, _BOUND, _BOUND),
    st.builds("import sys\nsys.modules['{}'] = 1".format, _MODULES),
    st.builds("def get():\n    global _x\n    if not _x: _x = {}()\n    return _x".format, _BOUND),
    st.sampled_from(
        ["def __getattr__(name): ...", "__path__ = []", "def broken(:", "kept = {}\ndef f(k): kept[k] = 1"]
    ),
    STATEMENTS,
)
TREES = st.dictionaries(PATHS, st.lists(_LINES, max_size=4).map("\n".join), max_size=8)
