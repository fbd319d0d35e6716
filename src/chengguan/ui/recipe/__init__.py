"""One recipe for every registry: declare a model once, get list, map, detail, history, files.

A `Resource` names the model, who may see it, its columns and filters; `urls_for` makes its pages.
"""

from .columns import Column
from .filters import Choice, Prefix, ValidOn, Words, Yes
from .resource import Panel, Resource
from .urls import urls_for

__all__ = [
    "Choice",
    "Column",
    "Panel",
    "Prefix",
    "Resource",
    "ValidOn",
    "Words",
    "Yes",
    "urls_for",
]
