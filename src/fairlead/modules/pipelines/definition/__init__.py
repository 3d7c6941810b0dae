"""Reads pipeline files: YAML with positions into a plan, or says where it is wrong."""

from fairlead.modules.pipelines.definition.files import find_file, load_pipeline
from fairlead.modules.pipelines.domain.errors import PipelineInvalid, PipelineMissing

__all__ = ["PipelineInvalid", "PipelineMissing", "find_file", "load_pipeline"]
