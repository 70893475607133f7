"""Dataset formats: one module per format, named as the format, holding one `Exporter`."""

import pkgutil
from importlib import import_module

from postprocess.exporters.base import Exporter
from postprocess.usage import UsageError


def exporter_names() -> list[str]:
    """Every format there is: the modules beside this one."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")


def load_exporter(name: str) -> Exporter:
    """The exporter of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in exporter_names():
        raise UsageError(f"no format {name!r}; there is: {', '.join(exporter_names())}")
    module = import_module(f"postprocess.exporters.{name}")
    (exporter,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Exporter)
        and value.__module__ == module.__name__
    )
    return exporter()
