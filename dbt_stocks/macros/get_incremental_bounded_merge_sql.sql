{#- The incremental strategy `bounded_merge`: dbt's MERGE with two differences. dbt finds a custom
    strategy by the name of its macro
    (https://docs.getdbt.com/docs/build/incremental-strategy#custom-strategies).

    It limits the target to the days of the new rows (merge_predicates), and it opens no transaction:
    dbt-snowflake's `merge` sends BEGIN and COMMIT, but a single MERGE is atomic by itself. -#}
{% macro get_incremental_bounded_merge_sql(arg_dict) -%}
    {{ return(default__get_merge_sql(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['unique_key'],
        arg_dict['dest_columns'],
        merge_predicates(arg_dict['temp_relation'])
    )) }}
{%- endmacro %}

{#- Returns predicates that limit a MERGE's target to the days of the new rows. They are literals,
    so that Snowflake can prune the target's micro-partitions at compile time; by the keys alone it
    prunes only what it learns during the join.

    A model enables this with `meta: {merge_time_column: …}`. The column must be part of the
    unique key or determined by it. The new rows must be a table, or they would be computed twice. -#}
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
