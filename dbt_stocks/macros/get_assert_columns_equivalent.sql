{#- Checks that a query has the columns of its model's contract. dbt's check sends two queries, and
    its result changes only with the code. The minute's run therefore checks only a relation that
    does not exist yet; the daily run checks all. dbt finds this macro by dispatch
    (https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch). -#}
{% macro snowflake__get_assert_columns_equivalent(sql) -%}
    {%- if not is_minute() or load_relation(this) is none -%}
        {{ return(default__get_assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
