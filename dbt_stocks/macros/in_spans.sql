{#- Returns a predicate that limits `column` to the time spans that `query` returns. The spans are
    written as literals, by which Snowflake can prune micro-partitions (see newest_batch).

    Args:
        column: a TIMESTAMP_NTZ column.
        query: returns span_from and span_to, the first and the last instant to read, and span_key
            if key_column is given. Spans of one key that are less than four days (a long weekend)
            apart are merged: reading four more days is cheaper than a predicate with hundreds of
            terms.
        key_column: the column that span_key is compared with; none: the spans apply to all rows. -#}
{% macro in_spans(column, query, key_column=none) -%}
    {%- if not execute -%}{{ return('true') }}{%- endif -%}
    {%- set merged = [] -%}
    {%- set ordered = ordered_spans(query, key_column) -%}
    {%- for key, span_from, span_to, joins_until in ordered -%}
        {%- set last = merged[-1] if merged else none -%}
        {%- if last and last.key == key and span_from <= last.joins_until -%}
            {%- do last.update({
                'until': [last.until, span_to] | max,
                'joins_until': [last.joins_until, joins_until] | max,
            }) -%}
        {%- else -%}
            {%- do merged.append({
                'key': key, 'since': span_from, 'until': span_to, 'joins_until': joins_until,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set terms = [] -%}
    {%- for span in merged -%}
        {%- set bounds = column ~ " between '" ~ span.since ~ "'::timestamp_ntz and '" ~ span.until
            ~ "'::timestamp_ntz" -%}
        {%- do terms.append((key_column ~ " = '" ~ span.key ~ "' and " if key_column else '') ~ bounds) -%}
    {%- endfor -%}
    {{ return('(' ~ terms | join(') or (') ~ ')' if terms else 'false') }}
{%- endmacro %}

{#- Returns rows (key, from, to, latest start of a span to merge with), in order. Times are text of
    fixed width, so they sort chronologically. -#}
{% macro ordered_spans(query, key_column) -%}
    {%- set spans -%}
        select
            {{ 'span_key' if key_column else "''" }} as span_key,
            to_varchar(span_from, 'YYYY-MM-DD HH24:MI:SS') as span_from,
            to_varchar(span_to, 'YYYY-MM-DD HH24:MI:SS') as span_to,
            to_varchar(dateadd('day', 4, span_to), 'YYYY-MM-DD HH24:MI:SS') as joins_until
        from ({{ query }})
        order by 1, 2, 3
    {%- endset -%}
    {{ return(run_query(spans).rows) }}
{%- endmacro %}
