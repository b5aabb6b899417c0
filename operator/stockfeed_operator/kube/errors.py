"""Errors of the Kubernetes API, one class for each way in which the operator reacts.

ClusterError                 retry later
├── FailedRequestError       one request failed: others may succeed
├── ConflictError            someone else wrote first: read again and retry at once
├── ForbiddenError           a permission is missing: the chart's RBAC rules must change
│   └── NamespaceTerminatingError   nothing can be created: a deleted feed is released
└── InvalidObjectError       the object itself is invalid: a retry cannot succeed
"""


class ClusterError(Exception):
    """The API server could not be reached or failed; the same call may succeed later."""


class FailedRequestError(ClusterError):
    """The API server answered with an error, or not in time, e.g. because a webhook failed.

    Attributes:
        answer: the status code, or `no answer`; unlike the text, it stays the same at a retry.
    """

    def __init__(self, text: str, answer: str) -> None:
        super().__init__(text)
        self.answer = answer


class ConflictError(ClusterError):
    """The object has changed since it was read."""


class ForbiddenError(ClusterError):
    """The operator's service account lacks a permission."""


class NamespaceTerminatingError(ForbiddenError):
    """The namespace is being deleted, so the API server creates no objects in it."""


class InvalidObjectError(ClusterError):
    """The API server rejected the object as invalid."""
