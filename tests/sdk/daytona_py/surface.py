"""Prints the public operations of the Python SDK `daytona`, as reflection finds them.

Every class that the SDK's blocking, asynchronous and handle packages define, and the builder
`Image`, with its public methods and properties; the methods that make a handle iterable or a
client a context are operations too. Left out are exceptions and plain data without behaviour. A
new release that adds a class or a method shows here by itself.
"""

import importlib
import inspect
import pkgutil

import daytona
import daytona._async
import daytona._sync
import daytona.handle
from daytona.common.image import Image

SPECIAL = ("__iter__", "__aiter__", "__enter__", "__aenter__")


def classes():
    """The classes with operations."""
    yield Image
    for package in (daytona._sync, daytona._async, daytona.handle):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            found = vars(importlib.import_module(module.name)).values()
            for kind in found:
                if inspect.isclass(kind) and kind.__module__ == module.name and not kind.__name__.startswith("_"):
                    yield kind


def is_operation(name, member):
    if name.startswith("_") and name not in SPECIAL:
        return False
    if isinstance(member, property):
        return True
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    # What pydantic puts into its models comes from other modules.
    return callable(member) and str(getattr(member, "__module__", "")).startswith("daytona.")


def main():
    lines = set()
    for kind in classes():
        lines.update(f"{kind.__name__}.{name}" for name, member in vars(kind).items() if is_operation(name, member))
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
