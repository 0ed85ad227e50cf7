"""Errors a caller may want to catch. Each message says what to do."""


class GeoplanError(Exception):
    """Base of every error geoplan raises on purpose."""


class UnusablePlanError(GeoplanError):
    """The folder is no plan, or cannot be read as one at all."""


class QuestionError(GeoplanError):
    """A question the plan cannot answer: an unknown name, option or measure."""


class GeometryError(GeoplanError):
    """A geometry that no exact answer can be computed from."""


class OutputError(GeoplanError):
    """A result cannot be written where it was asked for."""
