{#- What a data test reads. dbt's own macro, with one addition: `where: __in_newest_batches__` bounds
    a test to the newest batches, and to nothing under the selector `daily`. -#}
{% macro snowflake__get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == '__in_newest_batches__' -%}
        {%- set where = in_newest_batches() -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}

{#- The newest batches are raw's: to ask a view for its newest one is to compute the whole view. -#}
{% macro in_newest_batches(batches=10) -%}
    {%- if not execute or invocation_args_dict.get('selector') == 'daily' -%}
        {{ return('') }}
    {%- endif -%}
    {{ return('batch_seq > ' ~ (newest_batch(source('raw', 'source_stock_quotes')) - batches)) }}
{%- endmacro %}
