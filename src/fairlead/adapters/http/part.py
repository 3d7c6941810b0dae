"""What a module gives to the HTTP host."""

from dataclasses import dataclass

from litestar import Controller

from fairlead.kernel.module import Part


@dataclass(frozen=True)
class HttpPart(Part):
    """Controllers, each with its whole path (`/api/v1/projects`, `/login`).

    Every route must be declared in `module.yaml`, and every declared one served.
    """

    controllers: tuple[type[Controller], ...]
