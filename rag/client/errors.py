"""What can go wrong when a service is asked: one tree of errors, each saying what to do."""

from collections.abc import Sequence

from rag.client.replies import ProblemReply, WrongField


class ClientError(Exception):
    """Any error of the client."""


class UnreachableError(ClientError):
    """Nothing came back: the service is not there, or the connection broke or stayed silent."""

    def __init__(self, message: str, unsent: bool = False) -> None:
        """Say what happened; `unsent` where the service cannot have seen the request."""
        super().__init__(message)
        self.unsent = unsent


class BrokenReplyError(ClientError):
    """What came back is no reply of this service, or ended too early."""


class UnfinishedError(ClientError):
    """An upload took longer than it was waited for; it goes on."""


class ApiError(ClientError):
    """The service refused, and said why (RFC 9457)."""

    def __init__(self, problem: ProblemReply, request_id: str | None = None, retry_after: float | None = None) -> None:
        """Tell a problem; `retry_after` is in seconds."""
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}")
        self.status = problem.status
        self.title = problem.title
        self.detail = problem.detail
        self.type = problem.type
        self.instance = problem.instance
        self.errors: Sequence[WrongField] = problem.errors
        self.request_id = request_id
        """As the service's log has it."""
        self.retry_after = retry_after
        """Seconds, where the service named them."""


class RateLimitedError(ApiError):
    """More was asked than the key, or the address, may ask (429); `retry_after` says when to come again."""
