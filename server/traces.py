"""Opens the way to an OpenTelemetry collector, where one is named; the packages for it are an extra."""

from rag import SettingError
from server.observe import Traces


def open_traces(endpoint: str | None, version: str) -> Traces | None:
    """Where traces go, or `None` without an endpoint; whoever opened it closes it.

    Raises:
        SettingError: The packages that send traces are not installed.
    """
    if endpoint is None:
        return None
    try:
        from server.spans import Spans  # noqa: PLC0415 - only where the extra is installed, and a quarter of a second
    except ImportError as error:
        raise SettingError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is {endpoint!r}, and what sends traces is not installed ({error}): run "
            "`pip install 'rag-cited[tracing]'`, or leave the variable out."
        ) from None
    return Spans(endpoint, version)
