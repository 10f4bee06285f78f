from __future__ import annotations

from textwrap import dedent

import pytest

from scanner.engine import facts
from scanner.engine.codec import decode, encode
from scanner.engine.extract import extract
from scanner.engine.facts import Facts, Import


def read(text: str) -> Facts:
    return extract(dedent(text).encode())


def test_imports_and_where_they_stand():
    found = read(
        """
        import a, a.b as c
        from ..d import (
            e,
            f as g,
        )
        if __name__ == "__main__":
            import h
        def outer():
            class Inner:
                def run(self):
                    from i import *
        """
    )
    assert found.imports == (
        Import(2, 2, 0, "a", (), "", 0, ""),
        Import(2, 2, 0, "a.b", (), "c", 0, ""),
        Import(3, 6, 2, "d", (("e", "e"), ("f", "g")), "", 0, ""),
        Import(8, 8, 0, "h", (), "", facts.CONDITIONAL | facts.MAIN, ""),
        Import(12, 12, 0, "i", (("*", "*"),), "", facts.DEFERRED, "outer.Inner.run"),
    )


@pytest.mark.parametrize(
    ("head", "where"),
    [
        ("if x:", facts.CONDITIONAL),
        ("if TYPE_CHECKING:", facts.TYPE_CHECKING),
        ("if typing.TYPE_CHECKING:", facts.TYPE_CHECKING),
        ("if not TYPE_CHECKING:", facts.CONDITIONAL),
        ("if False:", facts.TYPE_CHECKING),
        ("if not TYPE_CHECKING: ...\nelse:", facts.TYPE_CHECKING),
        ("if TYPE_CHECKING: ...\nelse:", facts.CONDITIONAL),
        ("if TYPE_CHECKING and x:", facts.TYPE_CHECKING),
        ("if x and TYPE_CHECKING:", facts.TYPE_CHECKING),
        ("if TYPE_CHECKING or x:", facts.CONDITIONAL),
        ("if not TYPE_CHECKING and x:", facts.CONDITIONAL),
        ("if not TYPE_CHECKING or x: ...\nelse:", facts.TYPE_CHECKING),
        ("if not (TYPE_CHECKING and x): ...\nelse:", facts.TYPE_CHECKING),
        ("if x and y:", facts.CONDITIONAL),
        ("if x == 'TYPE_CHECKING':", facts.CONDITIONAL),
        ("if '__main__' == __name__:", facts.CONDITIONAL | facts.MAIN),
        ("if __name__ in {'__main__', '__mp_main__'}:", facts.CONDITIONAL | facts.MAIN),
        ("if __name__ != '__main__':", facts.CONDITIONAL),
        ("if __name__ != '__main__': ...\nelse:", facts.CONDITIONAL | facts.MAIN),
        ("if __name__ == '__main__': ...\nelse:", facts.CONDITIONAL),
        ("if __name__ == 'builtins':", facts.CONDITIONAL),
        ("while x:", facts.CONDITIONAL),
        ("for x in y:", facts.CONDITIONAL),
        ("with x:", 0),
        ("with suppress(ImportError):", facts.CONDITIONAL | facts.GUARDED),
        ("with pytest.raises(ModuleNotFoundError):", facts.REFUSED),
        ("with pytest.raises(ValueError):", 0),
        ("match x:\n  case 1:", facts.CONDITIONAL),
    ],
)
def test_where_a_block_stands(head: str, where: int):
    [row] = extract(f"{head}\n    import a\n".encode()).imports
    assert row.where == where


@pytest.mark.parametrize(
    ("handler", "where"),
    [
        ("except ImportError: pass", facts.CONDITIONAL | facts.GUARDED),
        ("except (ValueError, builtins.ImportError): pass", facts.CONDITIONAL | facts.GUARDED),
        ("except Exception: pass", facts.CONDITIONAL | facts.GUARDED),
        ("except: pass", facts.CONDITIONAL | facts.GUARDED),
        ("except ValueError: pass", facts.CONDITIONAL),
        ("except ImportError: raise", facts.CONDITIONAL),
        ("except ImportError as error:\n    log()\n    raise Problem() from error", facts.CONDITIONAL),
        ("except ImportError:\n    if strict: raise", facts.CONDITIONAL | facts.GUARDED),
        ("except ImportError: pytest.fail('it is gone')", facts.CONDITIONAL),
        ("except ImportError: raise\nexcept Exception: pass", facts.CONDITIONAL),
        ("except ImportError: pass\nexcept Exception: raise", facts.CONDITIONAL | facts.GUARDED),
        ("finally: pass", 0),
    ],
)
def test_where_a_try_stands(handler: str, where: int):
    [row] = extract(f"try:\n    import a\n{handler}\n".encode()).imports
    assert row.where == where


@pytest.mark.parametrize(
    ("after", "handler", "refused"),
    [
        ("pytest.fail('it is back')", "except ImportError: pass", True),
        ("self.fail()", "except (KeyError, ModuleNotFoundError): pass", True),
        ("assert False, 'it is back'", "except ImportError: pass", True),
        ("raise AssertionError", "except ImportError: pass", True),
        ("raise ValueError", "except ImportError: pass", False),
        ("raise AssertionError('it is back')", "except ImportError: pass", True),
        ("pytest.fail('it is back')", "except Exception: pass", False),
        ("pytest.fail('it is back')", "except KeyError: pass", False),
        ("assert a", "except ImportError: pytest.fail('it is gone')", False),
        ("if a: pytest.fail('it is odd')", "except ImportError: pass", False),
    ],
)
def test_imports_that_are_to_fail(after: str, handler: str, refused: bool):
    [row] = extract(f"try:\n    import a\n    {after}\n{handler}\n".encode()).imports
    assert bool(row.where & facts.REFUSED) == refused


@pytest.mark.parametrize(
    ("body", "probed"),
    [
        ("from a import b; found = True", True),
        ("from a import b as c; print('b')", True),
        ("import a.b", True),
        ("from a import b; b.run()", False),
        ("import a.b; a.b.run()", False),
        ("from a import *", False),
        ("from a import b, c; run(c)", False),
    ],
)
def test_imports_that_only_ask(body: str, probed: bool):
    for head, expected in (("def run():\n ", probed), ("if True:\n ", False)):
        text = f"{head}try:\n  {body}\n except ImportError: pass\n"
        [row] = extract(text.encode()).imports
        assert bool(row.where & facts.PROBED) == expected
    assert not read(f"def run():\n    {body}\n").imports[0].where & facts.PROBED


def test_handlers_of_guards_are_fallbacks_and_else_is_not():
    rows = read(
        """
        try: ...
        except ImportError: import a
        except ValueError: import b
        else: import c
        finally: import d
        """
    ).imports
    assert [row.where & ~facts.CONDITIONAL for row in rows] == [facts.FALLBACK, 0, 0, 0]


def test_names_bound_and_what_modules_do():
    found = read(
        """
        a = b.c = 1
        (d, [e, *f]) = g = x.y
        h: int
        i: int = 1
        j += 1
        for k in (): l = 1
        with x as (m, n): ...
        if (o := 1): ...
        __all__ = ["a"]
        __all__ += ("d",)
        __all__.extend(["e"])
        __all__.append("f")
        def function():
            global p
            q = 1
        if TYPE_CHECKING:
            r = 1
        """
    )
    assert found.names == tuple(sorted({*"adefgijklmnop", "__all__"}))
    assert found.typing_names == ("r",)
    assert found.aliases == tuple(sorted({"d": "x.y", "e": "x.y", "f": "x.y", "g": "x.y"}.items()))
    assert found.exports == ("a", "d", "e", "f")
    assert found.patches == ("b.c",)
    assert read("__all__ = ['a'] + other.__all__").exports is None


def test_names_that_walrus_expressions_bind_wherever_they_stand():
    found = read(
        """
        print(a := 1, key=(b := 2))
        c: int = (d := 3)
        e = [f := 4, *(g for h in (i := ()))]
        with (j := open("x")): ...
        for k in (l := ()):
            print(m := 5)
        while (n := read()): ...
        assert (o := 6)
        match (p := 7):
            case 8 if (q := 9): ...
        [r := s for s in ()]
        lambda: (t := 10)
        def function(): print(u := 11)
        class Class: print(v := 12)
        if TYPE_CHECKING:
            print(w := 13)
        """
    )
    assert "".join(found.names) == "abcdefijklmnopqr"
    assert found.typing_names == ("w",)


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("def __getattr__(name): ...", facts.HAS_GETATTR),
        ("__getattr__ = x", facts.HAS_GETATTR),
        ("sys.modules[__name__] = x", facts.REPLACES_ITSELF),
        ("globals()['x'] = 1", facts.SETS_NAMES),
        ("def f():\n    globals().update(x)", facts.SETS_NAMES),
        ("vars().update(x)", facts.SETS_NAMES),
        ("exec(x)", facts.SETS_NAMES),
        ("setattr(sys.modules[__name__], x, y)", facts.SETS_NAMES),
        ("sys.meta_path.insert(0, x)", facts.INSTALLS_FINDER),
        ("class A:\n    def f(self):\n        sys.meta_path.append(self)", facts.INSTALLS_FINDER),
        ("sys.path_hooks += [x]", facts.INSTALLS_FINDER),
        ("__path__ = x", facts.SETS_PATH),
        ("__path__.append(x)", facts.SETS_PATH),
        ("sys.modules[__name__ + '.x'] = y", facts.REGISTERS_MODULES),
        ("sys.modules['a.b'] = y", 0),
        ("def f():\n    exec(x)", 0),
        ("x.update(y)", 0),
        ("sys.modules", 0),
    ],
)
def test_what_a_module_does(text: str, trait: int):
    assert extract(text.encode()).module == trait


def test_definitions():
    found = read(
        '''
        @dataclass(frozen=True)
        class A(b.C, Generic[T]):
            """Doc."""
            x: int
            y = z = 1
            def run(self): self.x = 1
            class Inner: ...
        async def f(): return A()
        if x:
            class B: pass
        '''
    )
    a, f, b = found.definitions
    assert (a.name, a.line, a.end_line, a.where) == ("A", 3, 8, 0)
    assert (a.bases, a.decorators, a.members) == (("b.C", "Generic"), ("dataclass",), ("Inner", "run", "x", "y", "z"))
    assert a.traits == facts.IS_CLASS | facts.STATEFUL | facts.VALUE | facts.RECORD | facts.HOLDING
    assert (f.traits, f.returns) == (facts.IS_ASYNC | facts.FACTORY, ("A",))
    assert (b.traits, b.where) == (facts.IS_CLASS | facts.EMPTY, facts.CONDITIONAL)


@pytest.mark.parametrize(
    ("body", "stateful"),
    [
        ("def __init__(self): self.x = []", True),
        ("def __init__(self): self.x = collections.deque()", True),
        ("def __init__(self): self.x = {'a': 1}", False),
        ("def __init__(self): self.x = {'a': 1}\n    def put(self): self.x['a'] = 2", True),
        ("def __init__(self, x): self.x = x", False),
        ("def set(self, x): self.x = x", True),
        ("def set(this, x): this.x[1].y = x", True),
        ("def add(self): self.x += 1", True),
        ("def add(self, other): other.x = 1", False),
        ("x = []", False),
    ],
)
def test_stateful_classes(body: str, stateful: bool):
    [definition] = extract(f"class A:\n    {body}\n".encode()).definitions
    assert bool(definition.traits & facts.STATEFUL) == stateful


@pytest.mark.parametrize(
    ("body", "owning"),
    [
        ("def __init__(self): self.x = Pool()", True),
        ("def __init__(self, x=None): self.x = x or httpx.Client()", True),
        ("async def start(self): self.x = await asyncpg.create_pool()", True),
        ("def __init__(self, x): self.x = x", False),
        ("def __init__(self, x): self.x = Path(x).parent", False),
        ("def __init__(self, x): self.x = x.strip()", False),
        ("@classmethod\n    def make(cls): cls.x = Pool()", False),
    ],
)
def test_classes_that_make_objects_for_their_instances(body: str, owning: bool):
    [definition] = extract(f"class A:\n    {body}\n".encode()).definitions
    assert bool(definition.traits & facts.OWNING) == owning


BODY = "def f(a, b=1):\n    if a:\n        return b\n    return [a, 'x']\n"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            "def g(a,\n      b = 1):\n    '''Doc.'''\n    if (a):  # why\n      return b\n\n    return [a,\n \"x\"]\n",
            True,
        ),
        ("def f(a, b=1):\n    if a:\n        return b\n        return [a, 'x']\n", False),
        ("def f(a, b=1):\n    if a:\n        return b\n    return [a, b'x']\n", False),
        ("def f(a, b=True):\n    if a:\n        return b\n    return [a, 'x']\n", False),
        ("def f(a, c=1):\n    if a:\n        return c\n    return [a, 'x']\n", False),
    ],
)
def test_equal_bodies(text: str, same: bool):
    [one], [other] = extract(BODY.encode()).definitions, extract(text.encode()).definitions
    assert (one.body == other.body) == same


def test_members_are_not_moved_between_branches():
    [one] = extract(b"def f():\n    if a: b\n    else: c; d\n").definitions
    [other] = extract(b"def f():\n    if a: b; c\n    else: d\n").definitions
    assert one.body != other.body


@pytest.mark.parametrize(
    ("source", "outcome", "line"),
    [
        (b"x = 1\ndef f(:\n", "unparsable", 2),
        (b"x = '\0'\n", "unparsable", 0),
        (b"\xff\xfe", "unparsable", 1),
        (b"# coding: latin-1\nx = '\xe9'\n", "ok", 0),
        (b"\xef\xbb\xbfx = 1\n", "ok", 0),
        (b"# coding: punycode\n", "unsupported-encoding", 1),
        (b"#!python\n# vim: set fileencoding=no-such-thing :\n", "unsupported-encoding", 1),
        (b"x = 1\n# coding: punycode\n", "ok", 0),
        (b"", "ok", 0),
        (b"print 'old'\n", "unparsable", 1),
        (b"x = f'{'new'}'\n", "ok", 0),
    ],
)
def test_outcomes(source: bytes, outcome: str, line: int):
    found = extract(source)
    assert (found.outcome, found.line) == (outcome, line)
    assert bool(found.detail) == (outcome != "ok")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + " + ".join(["1"] * 900),
        "x" + ".b" * 900,
        "if a: b\n" + "".join("elif a: b\n" for _ in range(900)),
        "x = a" + ".f()" * 400,
        "\n".join("    " * depth + "if x:" for depth in range(99)) + "\n" + "    " * 99 + "import a",
        "\n".join(" " * depth + "class A:" for depth in range(99)) + "\n" + " " * 99 + "import a",
    ],
)
def test_long_chains(text: str):
    assert extract(text.encode()).outcome == "ok"


def test_stored_facts_are_the_same_facts():
    found = read(
        "from a import b\nclass C(b): x = 1\n_x = None\ndef f():\n    global _x\n    _x = C()\n    return _x\n"
    )
    assert decode(encode(found)) == found
    broken = Facts("timeout", "gave up", 0, 3)
    assert decode(encode(broken)) == broken


def test_uses_of_the_environment():
    found = read(
        """
        import os
        import os.path, os as system
        home = os.environ["HOME"]
        class A:
            shell = os.getenv("SHELL", "sh")
            def run(self, name=os.environ.get(
                "NAME"
            )):
                if "LANG" in os.environ and name not in system.environ:
                    system.environ.setdefault(name, f"{os.environ.pop('X')}")
                def inner():
                    os.environ["Y"] = "1"
                    del os.environ["Y"]
                    os.environ.update(a=1)
                return map(os.getenv, "ab")
        """
    )
    through, method = "os.environ", "A.run"
    assert found.environment == (
        (4, 4, through, "HOME", ""),
        (6, 6, "os.getenv", "SHELL", "A"),
        (7, 7, through, "NAME", method),
        (10, 10, through, "", method),
        (10, 10, through, "LANG", method),
        (11, 11, through, "", method),
        (11, 11, through, "X", method),
        (13, 13, through, "Y", "A.run.inner"),
        (14, 14, through, "Y", "A.run.inner"),
        (15, 15, through, "", "A.run.inner"),
        (16, 16, "os.getenv", "", method),
    )


@pytest.mark.parametrize(
    "text",
    [
        "run(env=os.environ)",
        "os.environ.copy()",
        "{**os.environ, 'A': 'b'}",
        "dict(os.environ)",
        "for name, value in os.environ.items(): ...",
        "'os.environ[1]'  # os.getenv('A')",
        "system.environ['A']",
        "self.os.environ['A']",
        "environ['A']",
    ],
)
def test_what_is_no_use_of_a_variable_through_os(text: str):
    assert read(f"import os\n{text}\n").environment == ()
    assert read("os = make()\nos.environ['A']\n").environment == ()


def test_nested_classes_and_names_offered_on_purpose():
    found = read(
        """
        from a import b as b, c, d as e
        class A:
            from a import f as f
            class B: ...
        def run():
            from a import g as g
            class C:
                class D:
                    x = 1
        """
    )
    assert found.reexports == ("b",)
    assert found.nested == (("A.B", 5, 5, 0), ("run.C", 8, 10, facts.DEFERRED), ("run.C.D", 9, 10, facts.DEFERRED))
