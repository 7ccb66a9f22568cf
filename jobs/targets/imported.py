"""Follows import statements from module to module, as they stand in the source. What a process has imported says not
who did it: web may have had a module first that workers get by another, too."""

from __future__ import annotations

import ast
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from inspect import getsource
from pathlib import Path
from types import ModuleType

# What is installed imports nothing of whoever uses it; nor do we.
PLACES = (*site.getsitepackages(), *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")))
INSTALLED = (*PLACES, str(Path(__file__).parents[1]))


def leads_to(wanted: str, roots: Iterable[str], *, at_ready: Iterable[str] = ()) -> bool:
    """Return whether whoever imports one of these modules imports the wanted one. `at_ready`: modules whose functions
    are called, too, such as those of app configurations."""
    called = frozenset(at_ready)
    left, seen = [*roots, *called], set[str]()
    while left:
        name = left.pop()
        if name in seen or (module := sys.modules.get(name)) is None:
            continue
        if name == wanted:
            return True
        seen.add(name)
        if parent := name.rpartition(".")[0]:
            left.append(parent)
        if _is_followed(module, wanted):
            left += _imports(module, within_functions=name in called)
    return False


def _is_followed(module: ModuleType, wanted: str) -> bool:
    is_near = module.__name__.partition(".")[0] == wanted.partition(".")[0]
    return is_near or not str(getattr(module, "__file__", None) or "").startswith(INSTALLED)


def _imports(module: ModuleType, *, within_functions: bool) -> Iterator[str]:
    """Yield the names of what may be modules that it imports."""
    try:
        tree = ast.parse(getsource(module))
    except (OSError, TypeError, SyntaxError, ValueError):  # there is none, or it is of another language
        return
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    for node in _statements(tree, within_functions):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            try:
                base = resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:
                continue
            yield base
            yield from (f"{base}.{one.name}" for one in node.names)


def _statements(node: ast.AST, within_functions: bool) -> Iterator[ast.AST]:
    """Yield what is executed when the module is imported."""
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if (is_function and not within_functions) or _is_for_types(child):
            continue
        yield child
        yield from _statements(child, within_functions)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
