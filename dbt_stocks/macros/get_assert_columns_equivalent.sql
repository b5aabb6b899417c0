{#- dbt's own check that a query has the columns of its model's contract. It asks two questions, and the
    answer changes with the code alone: so the minute's run asks where it makes something for the first
    time, and the daily run always. -#}
{% macro snowflake__get_assert_columns_equivalent(sql) -%}
    {%- if not is_minute() or load_relation(this) is none -%}
        {{ return(default__get_assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
