{#- The columns that are the same at every sighting of a quote: its identity, and what is computed
    from it. -#}
{% macro quote_columns(relation=none) -%}
    {%- set columns = ['quote_id', 'symbol', 't', 'c', 'o', 'h', 'l', 'pc', 'quote_at'] -%}
    {%- for column in columns -%}
        {{ relation ~ '.' if relation else '' }}{{ column }}{{ ', ' if not loop.last else '' }}
    {%- endfor -%}
{%- endmacro %}
