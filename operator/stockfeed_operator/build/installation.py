"""What the operator's installation gives to every feed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Installation:
    """Images and names that the chart sets.

    Attributes:
        pipeline_image: image of producer, consumer and loader, where a feed names no other.
        dbt_image: image of the dbt build, likewise.
        task_results_role: ClusterRole that lets a workflow's pod write its `workflowtaskresults`.
        version: the operator's version, for the label.
    """

    pipeline_image: str
    dbt_image: str
    task_results_role: str
    version: str
