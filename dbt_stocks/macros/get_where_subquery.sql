{#- What a data test reads. dbt's own macro, with one addition: `where: __in_newest_batches__` bounds
    a test to the newest batches, and to nothing under the selector `daily`. -#}
{% macro snowflake__get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == '__in_newest_batches__' -%}
        {%- set where = in_newest_batches(relation) -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}

{% macro in_newest_batches(relation, batches=10) -%}
    {%- if not execute or invocation_args_dict.get('selector') == 'daily' -%}
        {{ return('') }}
    {%- endif -%}
    {{ return('batch_seq > ' ~ (newest_batch(relation) - batches)) }}
{%- endmacro %}
