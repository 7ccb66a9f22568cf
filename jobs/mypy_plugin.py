"""Plugin for mypy: `run_payroll.schedule(month=11, run_at=...)` is checked against the target's own signature.

In a project: `plugins = ["jobs.mypy_plugin"]` in the configuration of mypy. Without it any arguments pass there, and
are refused when it is called."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import ARG_NAMED_OPT, TypeInfo
from mypy.plugin import MethodSigContext, Plugin
from mypy.types import FunctionLike, Instance, Parameters, TypedDictType, get_proper_type

REGISTERED = "jobs.targets.registry.Registered"
CONTEXT = "jobs.targets.context.Context"
FIELDS = "jobs.python.fields.Asked"


class RunAtPlugin(Plugin):
    """Knows the method `schedule` of targets."""

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        return self._signature if fullname == f"{REGISTERED}.schedule" else None

    def _signature(self, context: MethodSigContext) -> FunctionLike:
        """Return the parameters of the target's function, but for its Context, and the fields of a job beside them."""
        written, of = context.default_signature, get_proper_type(context.type)
        fields = self._fields()
        if not isinstance(of, Instance) or not of.args or fields is None:
            return written
        own = get_proper_type(of.args[0])
        if not isinstance(own, Parameters):
            return written
        kept = [
            one
            for one in zip(own.arg_types, own.arg_kinds, own.arg_names, strict=True)
            if not (isinstance(its := get_proper_type(one[0]), Instance) and its.type.fullname == CONTEXT)
        ]
        known = {name for _, _, name in kept}
        kept += [(kind, ARG_NAMED_OPT, name) for name, kind in fields.items.items() if name not in known]
        return written.copy_modified(
            arg_types=[one[0] for one in kept], arg_kinds=[one[1] for one in kept], arg_names=[one[2] for one in kept]
        )

    def _fields(self) -> TypedDictType | None:
        found = self.lookup_fully_qualified(FIELDS)
        node = found.node if found is not None else None
        return node.typeddict_type if isinstance(node, TypeInfo) else None


def plugin(version: str) -> type[Plugin]:
    """Return the plugin: mypy asks for it."""
    return RunAtPlugin
