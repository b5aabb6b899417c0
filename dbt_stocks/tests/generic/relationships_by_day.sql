{#- Finds rows whose `column_name` has no match in `to`. Like dbt's `relationships`, but for a
    large `to` that is clustered by `time_column`: it reads only the days of the tested rows. -#}
{% test relationships_by_day(model, column_name, to, time_column) %}
    {%- set days -%}
        select distinct
            date_trunc('day', {{ time_column }}) as span_from,
            dateadd('day', 1, date_trunc('day', {{ time_column }})) as span_to
        from {{ model }}
    {%- endset %}

    with child as (
        select * from {{ model }}
    ),

    parent as (
        select {{ column_name }}
        from {{ to }}
        where {{ in_spans(time_column, days) }}
    )

    select child.*
    from child
    left join parent on parent.{{ column_name }} = child.{{ column_name }}
    where parent.{{ column_name }} is null
{% endtest %}
