{#- Returns the tests that an `all_at_once` node replaces: those that read its model and nothing
    else. -#}
{% macro tests_at_once(node) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for test in graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
            {%- if test.depends_on.nodes == node.depends_on.nodes and test.unique_id != node.unique_id -%}
                {%- do found.append(test) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{#- Returns an expression for the number of failures of a test on `rows`. Tests of single rows are
    counted in one common pass over the rows, any other in a subquery. For accepted_values this
    counts rows; dbt counts distinct values. -#}
{% macro count_of_results(test, rows) -%}
    {%- set given = test.test_metadata.kwargs -%}
    {%- set name = test.test_metadata.name -%}
    {%- if name == 'not_null' -%}
        count(case when {{ given.column_name }} is null then 1 end)
    {%- elif name == 'expression_is_true' -%}
        count(case when not ({{ given.expression }}) then 1 end)
    {%- elif name == 'accepted_values' -%}
        count(case when {{ given.column_name }} not in ('{{ given['values'] | join("', '") }}') then 1 end)
    {%- else -%}
        (select count(*) from ({{ context['test_' ~ name](**dict(given, model=rows)) }}))
    {%- endif -%}
{%- endmacro %}
