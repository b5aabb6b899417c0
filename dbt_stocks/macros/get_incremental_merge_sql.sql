{#- dbt's own MERGE, with the target bounded to the spans of time that the new rows lie in, as
    literals for Snowflake to prune by (see newest_batch): the keys alone prune only what it learns
    while it joins. A model with `meta: {merge_time_column: …}`, a part of its key or implied by it,
    asks for it; its new rows must be a table, so that they are not computed twice. -#}
{% macro snowflake__get_incremental_merge_sql(arg_dict) -%}
    {%- set column = (config.get('meta') or {}).get('merge_time_column') -%}
    {%- set predicates = none -%}
    {%- if column -%}
        {%- set days -%}
            select distinct
                date_trunc('day', {{ column }}) as span_from,
                dateadd('day', 1, date_trunc('day', {{ column }})) as span_to
            from {{ arg_dict['temp_relation'] }}
        {%- endset -%}
        {%- set predicates = [in_spans('DBT_INTERNAL_DEST.' ~ column, days)] -%}
    {%- endif -%}
    {{ return(default__get_incremental_merge_sql(dict(arg_dict, incremental_predicates=predicates))) }}
{%- endmacro %}
