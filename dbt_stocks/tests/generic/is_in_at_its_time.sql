{#- Rows whose `column_name` no row of `to` has at the same `time_column`; as dbt's own test
    `relationships`, but of `to`, a large table that is clustered by that time, only the spans are
    read that the rows lie in. -#}
{% test is_in_at_its_time(model, column_name, to, time_column) %}
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
