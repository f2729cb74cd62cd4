"""Prints the public operations of the Python SDK `e2b`, as reflection finds them.

Every class that the package exports, and every class of the package that a property or a method of
one of those gives (`Sandbox.files` gives `Filesystem`), with its public methods and properties;
and every exported function. Left out are exceptions, enumerations, typed dictionaries and plain data
without behaviour. The async twin of a class that bears the same name is printed as `AsyncNAME`.
"""

import enum
import inspect
import typing

import e2b


def is_data(kind):
    return issubclass(kind, (BaseException, enum.Enum, dict)) or typing.is_typeddict(kind)


def shown(kind):
    twin = "_async" in kind.__module__ and not kind.__name__.startswith("Async")
    return f"Async{kind.__name__}" if twin else kind.__name__


def classes_in(annotation):
    """The classes that an annotation speaks of."""
    if inspect.isclass(annotation) and not typing.get_args(annotation):
        yield annotation
    origin = typing.get_origin(annotation)
    if inspect.isclass(origin):
        yield origin
    for part in typing.get_args(annotation):
        if not isinstance(part, (str, int)):
            yield from classes_in(part)


def given(function):
    """The classes of what a function gives; none where its annotations cannot be read."""
    try:
        annotation = typing.get_type_hints(function).get("return")
    except (NameError, TypeError, AttributeError):
        return []
    return list(classes_in(annotation))


def operations(kind):
    """Names of the public operations of a class, and the functions behind them."""
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield name, member.fget
        elif callable(getattr(kind, name)):
            yield name, inspect.unwrap(getattr(kind, name))


def main():
    lines, waiting, seen = set(), [], set()
    for name in e2b.__all__:
        thing = getattr(e2b, name)
        if inspect.isclass(thing):
            waiting.append(thing)
        elif inspect.isfunction(thing):
            lines.add(name)
        else:
            # An alias of types, e.g. `TemplateClass`.
            waiting.extend(classes_in(thing))
    while waiting:
        kind = waiting.pop()
        if kind in seen or not kind.__module__.startswith("e2b.") or is_data(kind):
            continue
        seen.add(kind)
        for name, function in operations(kind):
            lines.add(f"{shown(kind)}.{name}")
            waiting.extend(given(function))
    # Made by its constructor from the attributes that it assigns.
    lines.update(f"E2B.{name}" for name in vars(e2b.E2B()) if not name.startswith("_"))
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
