{#- The newest batch that `relation` has merged, as a literal; -1 when it is empty.

    A literal, because Snowflake prunes no micro-partition by a predicate with a subquery, even if
    the subquery is constant. max() alone is answered from metadata. -#}
{% macro newest_batch(relation) -%}
    {%- if execute -%}
        {%- set newest = run_query('select max(batch_seq) from ' ~ relation).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return(-1 if newest is none else newest | int) }}
{%- endmacro %}
