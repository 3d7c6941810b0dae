"""The AuthZEN Authorization API 1.0 (OpenID)."""

from fairlead.services.authz.http.authzen.evaluation import EvaluationController
from fairlead.services.authz.http.authzen.metadata import MetadataController
from fairlead.services.authz.http.authzen.search import SearchController

__all__ = ["EvaluationController", "MetadataController", "SearchController"]
