{#- The columns that a quote has however often it is seen: its identity and what follows from it. -#}
{% macro quote_columns(relation=none) -%}
    {%- set columns = ['quote_id', 'symbol', 't', 'c', 'o', 'h', 'l', 'pc', 'quote_at'] -%}
    {%- for column in columns -%}
        {{ relation ~ '.' if relation else '' }}{{ column }}{{ ', ' if not loop.last else '' }}
    {%- endfor -%}
{%- endmacro %}
