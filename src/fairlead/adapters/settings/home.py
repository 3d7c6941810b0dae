"""Where this installation keeps its data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder, absolute: `FAIRLEAD_HOME`, by default `./.fairlead`."""

    path: Path
