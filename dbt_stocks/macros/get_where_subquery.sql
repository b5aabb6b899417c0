{#- Returns what a data test reads. Same as dbt's macro, except that `where: __in_newest_batches__`
    limits a test to the newest batches; under the selector `daily` it limits nothing. dbt
    documents this use: https://docs.getdbt.com/reference/resource-configs/where -#}
{% macro snowflake__get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == '__in_newest_batches__' -%}
        {%- set where = in_newest_batches() -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}

{#- Returns a predicate for the newest batches of raw, whatever the tested model is: finding the
    newest batch of a view would compute the complete view. -#}
{% macro in_newest_batches(batches=10) -%}
    {%- if not execute or invocation_args_dict.get('selector') == 'daily' -%}
        {{ return('') }}
    {%- endif -%}
    {{ return('batch_seq > ' ~ (newest_batch(source('raw', 'source_stock_quotes')) - batches)) }}
{%- endmacro %}
