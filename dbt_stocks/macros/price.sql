{#- Converts a JSON number to NUMBER(20, 8); NULL if it is missing, not a number or out of range.

    Through VARCHAR, because TRY_ functions accept text only, and because a direct cast from
    VARIANT takes 1e3 through FLOAT. -#}
{% macro price(value) -%}
    try_to_decimal({{ value }}::varchar, 20, 8)
{%- endmacro %}
