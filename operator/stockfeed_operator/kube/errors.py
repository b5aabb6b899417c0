"""The errors of talking to Kubernetes, as far as their treatment differs.

ClusterError                 the same call may succeed later
├── ConflictError            somebody was faster; look again
├── ForbiddenError           a right is missing; the chart's RBAC must change
└── RejectedError            the object itself is wrong; trying again changes nothing
"""


class ClusterError(Exception):
    """The API server did not do what it was asked to, for now."""


class ConflictError(ClusterError):
    """The object has changed since it was read."""


class ForbiddenError(ClusterError):
    """The operator lacks a permission."""


class InvalidObjectError(ClusterError):
    """The API server finds the object invalid."""
