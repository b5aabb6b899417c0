{#- Returns the newest batch in `relation` as a number, for use as a literal; -1 if it is empty.

    A literal, because Snowflake prunes no micro-partitions by a predicate with a subquery, even if
    the subquery is constant. max() without a filter is answered from metadata.

    `stockfeed build` reads the newest batches of all tables in one query before it runs dbt, and
    passes them in STOCKFEED_NEWEST_BATCHES as JSON, for example {"SOURCE_STOCK_QUOTES": 41}.
    Without the variable, for instance when dbt runs by hand, each caller sends a query.

    A model thus uses its newest batch from before its own merge. A number that is too small is
    harmless: batches are merged again, which changes nothing. -#}
{% macro newest_batch(relation) -%}
    {%- if not execute -%}{{ return(-1) }}{%- endif -%}
    {%- set known = fromjson(env_var('STOCKFEED_NEWEST_BATCHES', '{}')) -%}
    {%- set table = relation.identifier | upper -%}
    {%- if table in known -%}{{ return(known[table]) }}{%- endif -%}
    {%- set newest = run_query('select max(batch_seq) from ' ~ relation).rows[0][0] -%}
    {{ return(-1 if newest is none else newest | int) }}
{%- endmacro %}
