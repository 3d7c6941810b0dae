"""What a module gives to the engine."""

from dataclasses import dataclass
from typing import Any

from fairlead.kernel.engine import Workflow
from fairlead.kernel.module import Part


@dataclass(frozen=True)
class EnginePart(Part):
    """Workflows, and APP-scoped types whose `@activity` methods they call."""

    workflows: tuple[Workflow, ...]
    activities: tuple[type[Any], ...]
