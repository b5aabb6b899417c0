{#- A predicate that bounds `column` to the spans of time that `query` gives, as literals for
    Snowflake to prune by (see newest_batch).

    Args:
        column: a TIMESTAMP_NTZ column.
        query: gives span_from and span_to, the first and the last instant to read, and after them
            span_key if key_column is given. Spans less than a long weekend apart are merged: reading
            four days more is cheaper than a predicate of hundreds of terms.
        key_column: the column that a span's key restricts, if any. -#}
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

{#- Rows (key, from, to, what a span that joins it starts by) in order, times as text: of one width,
    so that they compare as times do. -#}
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
