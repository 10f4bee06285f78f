from __future__ import annotations

import pytest

from scanner.engine.config import Config, with_scopes
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "unresolvable-import"

FLAGGED = {
    "a name, where only missing modules are survived": """
        ## pkg/__init__.py
        ## pkg/b.py
        ## pkg/a.py
        import contextlib
        try:
            from pkg.b import y  #: critical
        except ModuleNotFoundError:
            y = None
        with contextlib.suppress(ModuleNotFoundError):
            from pkg import gone  #: critical
        try:
            from pkg.b import y  #: critical
        except ModuleNotFoundError:
            y = None
        except ImportError:
            raise
        """,
    "a module that is not there": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.gone import x  #: critical
        import pkg.gone.deeper  #: critical
        from .gone import y  #: critical
        from pkg import a
        """,
    "a name that is not there": """
        ## pkg/__init__.py
        ## pkg/b.py
        def here(): ...
        ## pkg/a.py
        from pkg.b import (  #: critical
            here,
            gone,
        )
        from . import gone  #: critical
        """,
    "through a re-export that is not there": """
        ## pkg/__init__.py
        from pkg.b import here as there
        ## pkg/b.py
        def here(): ...
        ## pkg/a.py
        from pkg import there
        from pkg import here  #: critical
        """,
    "inside a function": """
        ## pkg/__init__.py
        ## pkg/a.py
        class A:
            def run(self):
                from pkg.gone import x  #: critical
        """,
    "a guard that catches something else or gives up, and a fallback": """
        ## pkg/__init__.py
        ## pkg/a.py
        try:
            import pkg.gone.now  #: critical
        except ImportError as error:
            raise RuntimeError("pkg is broken") from error
        try:
            import pkg.gone.too  #: critical
        except ValueError:
            pass
        try:
            import quick
        except ImportError:
            from pkg.gone import z  #: high
        """,
    "a fallback that stands in for what is there, and one that may run": """
        ## pkg/__init__.py
        ## pkg/b.py
        def here(): ...
        ## pkg/a.py
        try:
            from pkg.b import here
        except ImportError:
            from pkg.gone import here  #: low
        def run():
            try:
                import quick
                from pkg.b import here
            except ImportError:
                from pkg.gone import here  #: high
        """,
    "a guard around a function does not guard its imports": """
        ## pkg/__init__.py
        ## pkg/a.py
        try:
            def run():
                import pkg.gone  #: critical
        except ImportError:
            pass
        """,
    "for type checkers": """
        ## pkg/__init__.py
        ## pkg/a.py
        import typing
        if typing.TYPE_CHECKING:
            from pkg.gone import X  #: medium
        else:
            from pkg.gone import X  #: critical
        """,
    "a name bound for type checkers only": """
        ## pkg/__init__.py
        ## pkg/b.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from pkg.c import X
        ## pkg/c.py
        X = 1
        ## pkg/a.py
        from typing import TYPE_CHECKING
        from pkg.b import X  #: critical
        if TYPE_CHECKING:
            from pkg.b import X
        """,
    "in tests": """
        ## pkg/__init__.py
        ## tests/test_a.py
        from pkg.gone import x  #: high
        """,
    "below a module that is no package": """
        ## pkg/__init__.py
        ## pkg/service.py
        ## pkg/service/core.py
        ## pkg/a.py
        import pkg.service.core  #: critical
        """,
    "a package wins over the module of its name": """
        ## pkg/__init__.py
        ## pkg/b.py
        def gone(): ...
        ## pkg/b/__init__.py
        def here(): ...
        ## pkg/a.py
        from pkg.b import here
        from pkg.b import gone  #: critical
        """,
    "a star that does not bring it": """
        ## pkg/__init__.py
        ## pkg/b.py
        __all__ = ["here"]
        def here(): ...
        def gone(): ...
        ## pkg/c.py
        from pkg.b import *
        ## pkg/a.py
        from pkg.c import here
        from pkg.c import gone  #: critical
        """,
    "a folder without __init__ that shares no distribution's name, or lies deeper": """
        ## tools/a.py
        from tools.gone import x  #: critical
        from tools import gone  #: critical
        ## pkg/__init__.py
        ## pkg/email/b.py
        from .gone import x  #: critical
        from . import gone  #: critical
        """,
    "a private name of a module whose star brings no such, and a finder in what is no package": """
        ## pkg/__init__.py
        ## pkg/b.py
        import sys
        sys.meta_path.append(Finder())
        def here(): ...
        def _there(): ...
        ## pkg/c.py
        from .b import *
        ## pkg/a.py
        from pkg.b import gone  #: critical
        from pkg.c import _there  #: critical
        """,
    "a package that takes from itself what is no module of it": """
        ## pkg/__init__.py
        from . import gone, here  #: critical
        from pkg import lost  #: critical
        if TYPE_CHECKING:
            from . import here, missed  #: medium
        ## pkg/here.py
        ## pkg/a.py
        from pkg import gone
        """,
    "below a root": """
        ## src/pkg/__init__.py
        ## src/pkg/a.py
        from pkg.gone import x  #: critical
        """,
}

CLEAN = {
    "module __getattr__": """
        ## pkg/__init__.py
        def __getattr__(name): ...
        ## pkg/lazy.py
        __getattr__, __dir__, __all__ = attach(__name__)
        ## pkg/a.py
        from pkg import anything
        from pkg.lazy import anything
        """,
    "a __getattr__ that another module lends": """
        ## pkg/__init__.py
        ## pkg/lazy.py
        def __getattr__(name): ...
        ## pkg/b.py
        from .lazy import __getattr__
        ## pkg/a.py
        from pkg.b import anything
        """,
    "a package that takes from itself what it has by other means": """
        ## pkg/__init__.py
        from elsewhere import taken
        from pkg.b import handed
        value = 1
        def made(): ...
        from . import taken, handed, value, made, fast
        ## pkg/b.py
        handed = 1
        ## pkg/fast.pyx
        ## starred/__init__.py
        from .b import *
        from . import given
        ## starred/b.py
        given = 1
        ## lazy/__init__.py
        from . import anything
        def __getattr__(name): ...
        ## found/__init__.py
        import sys
        sys.meta_path.append(Finder())
        from . import anything
        """,
    "private names that a computed __all__ may give to a star": """
        ## pkg/__init__.py
        ## pkg/b.py
        __all__ = ["here"] + ["_there"]
        def here(): ...
        def _there(): ...
        ## pkg/c.py
        from . import b
        from .b import *
        ## pkg/a.py
        from pkg.c import _there
        """,
    "packages whose modules a finder, a path or sys.modules may give": """
        ## pkg/__init__.py
        ## pkg/vendored/__init__.py
        import sys
        sys.meta_path.append(Finder())
        ## pkg/spread/__init__.py
        from pkgutil import extend_path
        __path__ = extend_path(__path__, __name__)
        ## pkg/filled/__init__.py
        import sys
        for name in NAMES:
            sys.modules[f"{__name__}.{name}"] = make(name)
        ## pkg/a.py
        from pkg.vendored import six
        from pkg.spread import elsewhere
        from .filled import made
        """,
    "bound for type checkers and promised by __all__": """
        ## pkg/__init__.py
        from typing import TYPE_CHECKING
        from . import local
        __all__ = ("App",)
        if TYPE_CHECKING:
            from .app import App
        local.recreate(__name__)
        ## pkg/local.py
        def recreate(name): ...
        ## pkg/app.py
        class App: ...
        ## pkg/a.py
        from pkg import App
        """,
    "star imports that provide it, from here or from elsewhere": """
        ## pkg/__init__.py
        from .b import *
        ## pkg/b.py
        from .c import *
        ## pkg/c.py
        def here(): ...
        ## pkg/d.py
        from numpy import *
        ## pkg/a.py
        from pkg import here
        from pkg.d import array
        """,
    "namespace packages": """
        ## space/one/__init__.py
        X = 1
        ## space/two/deep/b.py
        ## space/one/a.py
        import space.two.deep
        from space.two import deep
        from space.two.deep import b
        from space.one import X
        """,
    "compiled siblings and stubs": """
        ## pkg/__init__.py
        ## pkg/fast.pyx
        ## pkg/native.cpython-311-x86_64-linux-gnu.so
        ## pkg/windows.pyd
        ## pkg/stub.pyi
        ## pkg/a.py
        from pkg.fast import f
        from pkg.native import f
        from pkg.windows import f
        from .stub import f
        """,
    "modules that builds write": """
        ## pkg/__init__.py
        ## pkg/kept_pb2.py
        _builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
        ## pkg/a.py
        from ._version import version
        from pkg import _version
        from pkg.api_pb2 import Message
        from pkg.kept_pb2 import Message
        """,
    "names bound under a condition": """
        ## pkg/__init__.py
        ## pkg/b.py
        import sys
        if sys.platform == "win32":
            def here(): ...
        else:
            here = None
        try:
            import quick
        except ImportError:
            quick = None
        for name in "abc":
            last = name
        with open("x") as handle:
            if (count := len(name)) > 1: ...
        match name:
            case {"k": kept, **rest}: ...
        def start():
            global started
            started = True
        ## pkg/a.py
        from pkg.b import here, quick, last, handle, count, kept, rest, started, __file__, __name__
        """,
    "a meta-path finder": """
        ## pkg/__init__.py
        ## pkg/extern/__init__.py
        import sys
        class Importer:
            def install(self):
                sys.meta_path.append(self)
        Importer().install()
        ## pkg/six.py
        import sys
        sys.meta_path.insert(0, object())
        ## pkg/a.py
        from pkg.extern.packaging import version
        from .six.moves import urllib
        """,
    "a module that replaces itself, or registers others": """
        ## pkg/__init__.py
        import sys
        sys.modules["pkg.made"] = object()
        ## pkg/magic.py
        import sys
        sys.modules[__name__] = object()
        ## pkg/dynamic.py
        globals().update({"x": 1})
        ## pkg/moves/__init__.py
        import sys
        sys.modules[__name__ + ".http"] = object()
        ## pkg/a.py
        from pkg.made import anything
        from pkg.magic import anything
        from pkg.dynamic import x
        from pkg.moves.http import client
        """,
    "a path set by the package": """
        ## pkg/__init__.py
        from pkgutil import extend_path
        __path__ = extend_path(__path__, __name__)
        ## pkg/a.py
        from pkg.elsewhere import x
        """,
    "a top folder without __init__ that shares a distribution's name": """
        ## alembic/env.py
        from alembic import context
        from alembic.config import Config
        ## alembic/versions/one.py
        from alembic import op
        """,
    "optional and other people's packages": """
        ## pkg/__init__.py
        ## pkg/a.py
        import numpy.random
        try:
            import ujson
        except ImportError:
            ujson = None
        """,
    "strings and comments": """
        ## pkg/__init__.py
        ## pkg/a.py
        # from pkg.gone import x
        CODE = "from pkg.gone import x"
        """,
    "names given from outside": """
        ## pkg/__init__.py
        from pkg import base
        base.dialect = object()
        ## pkg/base.py
        ## pkg/a.py
        from pkg.base import dialect
        """,
    "a name that another module fails to import is that module's": """
        ## pkg/__init__.py
        ## pkg/b.py
        from pkg.gone import x  #: critical
        ## pkg/a.py
        from pkg.b import x
        """,
    "modules beside a script": """
        ## app/__init__.py
        ## services/billing/app/models.py
        class Bill: ...
        ## services/billing/app/main.py
        from app.models import Bill
        """,
    "what dead-import-guard reports": """
        ## pkg/__init__.py
        ## pkg/a.py
        try:
            from pkg.gone import x
        except ImportError:
            x = None
        def run():
            try:
                from pkg import gone
            except Exception:
                pass
        """,
    "imports that are meant to fail": """
        ## pkg/__init__.py
        ## tests/test_a.py
        import pytest
        def test_gone():
            with pytest.raises(ImportError):
                from pkg.gone import x
        """,
    "modules that a test puts in place for itself": """
        ## pkg/__init__.py
        ## tests/test_a.py
        import sys
        sys.modules["pkg.gone"] = object()
        from pkg.gone import x
        """,
    "packages that import from themselves": """
        ## pkg/__init__.py
        from pkg.sub import thing
        from pkg import sub
        from . import other
        ## pkg/sub.py
        from pkg import other
        thing = 1
        ## pkg/other.py
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    config = Config(roots=("", "src"))
    assert found(RULE, text, config) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text))


def test_modules_declared_as_generated_may_be_missing():
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.schema_types import User
        """
    declared = with_scopes(Config(roots=("",)), {"generated": ("pkg/schema_*.py",)})
    assert found(RULE, text, declared) == set()
    assert len(found(RULE, text)) == 1


def test_packages_declared_as_generated_may_be_missing():
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        import pkg.gen
        from pkg import gen
        from pkg.gen import users
        from .gen.users import User
        """
    declared = with_scopes(Config(roots=("",)), {"generated": ("**/gen/**",)})
    assert found(RULE, text, declared) == set()
    assert len(found(RULE, text)) == 4


def test_a_package_looks_again_when_its_module_comes_or_goes():
    made = snapshot({"pkg/__init__.py": "from . import late\n"})
    assert [violation.symbol for violation in made.violations.values()] == ["late"]
    made.apply([Change("pkg/late.py", None, blob("x = 1\n"))])
    assert not made.violations
    made.apply([Change("pkg/late.py", blob("x = 1\n"), None)])
    assert [violation.symbol for violation in made.violations.values()] == ["late"]


def test_importers_look_again_when_a_modules_exports_become_computed():
    text = """
        ## pkg/__init__.py
        ## pkg/b.py
        def _there(): ...
        ## pkg/c.py
        from .b import *
        ## pkg/a.py
        from pkg.c import _there  #: critical
        """
    made = snapshot(text)
    assert [violation.path for violation in made.violations.values()] == ["pkg/a.py"]
    plain = blob(files(text)["pkg/b.py"])
    computed = blob('def _there(): ...\n__all__ = sorted(["_there"])\n')
    made.apply([Change("pkg/b.py", plain, computed)])
    assert not made.violations
    made.apply([Change("pkg/b.py", computed, plain)])
    assert [violation.path for violation in made.violations.values()] == ["pkg/a.py"]


def test_links_are_never_followed_but_may_lead_to_modules():
    made = snapshot(
        """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.linked import x
        from pkg.vendored.thing import y
        """
    )
    assert len(made.violations) == 2
    from scanner.engine.git import LINK, Change

    made.apply([Change("pkg/linked.py", None, LINK), Change("pkg/vendored", None, LINK)])
    assert made.violations == {}


def test_one_missing_module_is_one_violation_and_names_are_one_each():
    made = snapshot(
        """
        ## pkg/__init__.py
        ## pkg/b.py
        ## pkg/a.py
        from pkg.gone import one, two, three
        from pkg.b import one, two
        """
    )
    assert sorted((v.line, v.symbol) for v in made.violations.values()) == [(1, "pkg.gone"), (2, "one"), (2, "two")]


def test_deep_chains_of_re_exports_are_followed_or_left_alone():
    chain = {f"pkg/m{i}.py": f"from pkg.m{i + 1} import x\n" for i in range(300)}
    circle = {"pkg/p.py": "from pkg.q import y\n", "pkg/q.py": "from pkg.p import y\n"}
    tree = {"pkg/__init__.py": "", **chain, **circle, "pkg/m300.py": "x = 1\n", "pkg/a.py": "from pkg.m0 import x\n"}
    assert [v for v in snapshot(tree).violations.values() if v.rule == RULE] == []
