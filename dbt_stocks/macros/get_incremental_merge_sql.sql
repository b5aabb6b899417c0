{#- dbt's own MERGE, with the target bounded (merge_predicates). -#}
{% macro snowflake__get_incremental_merge_sql(arg_dict) -%}
    {%- set predicates = merge_predicates(arg_dict['temp_relation']) -%}
    {{ return(default__get_incremental_merge_sql(dict(arg_dict, incremental_predicates=predicates))) }}
{%- endmacro %}

{#- What bounds a MERGE's target to the spans of time that the new rows lie in, as literals for
    Snowflake to prune by (see newest_batch): the keys alone prune only what it learns while it
    joins. A model with `meta: {merge_time_column: …}`, a part of its key or implied by it, asks for
    it; its new rows must be a table, so that they are not computed twice. -#}
{% macro merge_predicates(new_rows) -%}
    {%- set column = (config.get('meta') or {}).get('merge_time_column') -%}
    {%- if not column -%}{{ return(none) }}{%- endif -%}
    {%- set days -%}
        select distinct
            date_trunc('day', {{ column }}) as span_from,
            dateadd('day', 1, date_trunc('day', {{ column }})) as span_to
        from {{ new_rows }}
    {%- endset -%}
    {{ return([in_spans('DBT_INTERNAL_DEST.' ~ column, days)]) }}
{%- endmacro %}
