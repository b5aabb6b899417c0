{#- The newest batch that `relation` held when it was first asked for in this run, as a literal; -1
    when it is empty.

    A literal, because Snowflake prunes no micro-partition by a predicate with a subquery, even if
    the subquery is constant. max() alone is answered from metadata.

    Each statement is a round trip, so the first who asks asks for all tables, and the answer is kept
    for the run. A model asks before it merges, and what is kept is never replaced: so its own answer
    is of before its merge. Were an answer too old, batches would be merged again, which changes nothing. -#}
{% macro newest_batch(relation) -%}
    {%- if not execute -%}{{ return(-1) }}{%- endif -%}
    {%- set known = graph.setdefault('newest_batches of ' ~ invocation_id, {}) -%}
    {%- if relation | string not in known -%}
        {%- for name, newest in newest_batches_of(followed_relations(relation)).items() -%}
            {%- do known.setdefault(name, newest) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(known[relation | string]) }}
{%- endmacro %}

{#- The names of `relation` and of all tables of the project that follow batches, as far as they exist;
    dbt knows that from the start of its run. -#}
{% macro followed_relations(relation) -%}
    {%- set names = [relation | string] -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'incremental' -%}
        {%- set table = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if table is not none and node.relation_name not in names -%}
            {%- do names.append(node.relation_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- The newest batch of each, by name. -#}
{% macro newest_batches_of(names) -%}
    {%- set query -%}
        select
        {%- for name in names %}
            (select max(batch_seq) from {{ name }}) as newest_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- set found = {} -%}
    {%- for newest in run_query(query).rows[0] -%}
        {%- do found.update({names[loop.index0]: -1 if newest is none else newest | int}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
