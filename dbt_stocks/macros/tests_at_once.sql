{#- The tests that `node`, an `all_at_once`, stands for: those of its model that look at no other. -#}
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

{#- How many results a test has on `rows`. One that looks at each row by itself shares one pass over
    them with the others of its kind; there, the results of accepted_values are rows, not values. -#}
{% macro count_of_results(test, rows) -%}
    {%- set given = test.test_metadata.kwargs -%}
    {%- set name = test.test_metadata.name -%}
    {%- if name == 'not_null' -%}
        count(case when {{ given.column_name }} is null then 1 end)
    {%- elif name == 'holds' -%}
        count(case when not ({{ given.condition }}) then 1 end)
    {%- elif name == 'accepted_values' -%}
        count(case when {{ given.column_name }} not in ('{{ given['values'] | join("', '") }}') then 1 end)
    {%- else -%}
        (select count(*) from ({{ context['test_' ~ name](**dict(given, model=rows)) }}))
    {%- endif -%}
{%- endmacro %}
