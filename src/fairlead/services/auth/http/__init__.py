"""Auth over HTTP."""

from fairlead.services.auth.http.api_keys import ApiKeyController
from fairlead.services.auth.http.devices import SessionController
from fairlead.services.auth.http.sessions import (
    AuthController,
    KeysController,
    MeController,
    TokenAuthenticator,
)
from fairlead.services.auth.http.tokens import TokenController

__all__ = [
    "ApiKeyController",
    "AuthController",
    "KeysController",
    "MeController",
    "SessionController",
    "TokenAuthenticator",
    "TokenController",
]
