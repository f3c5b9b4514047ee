"""Traces of requests, sent to an OpenTelemetry collector.

FastAPI makes the spans. It would note the query of each, in which keys and sign-in tokens stand, so
that is struck out before a span is kept.
"""

from typing import TYPE_CHECKING

from assethub.errors import HubError
from t9k.ah._version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SEND_SECONDS = 5


def make_tracer_provider(url: str) -> "TracerProvider":
    """What makes spans and sends them in batches to a URL by OTLP over HTTP.

    The variables `OTEL_*` of the SDK (sampling, headers, resource attributes) count, too. Raises
    HubError where the extra `otel` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise HubError(
            f"{error.name} is missing; traces need it: pip install 'assethub[otel]'",
            code="not_installed",
        ) from error

    class StrikeQuery(SpanProcessor):
        def on_start(self, span: Span, parent_context: object = None) -> None:  # noqa: ARG002
            if span.attributes is not None and "url.query" in span.attributes:
                span.set_attribute("url.query", "")

    resource = Resource.create({"service.name": "assethub", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(StrikeQuery())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url, timeout=_SEND_SECONDS)))
    return provider
