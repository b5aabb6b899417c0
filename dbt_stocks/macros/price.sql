{#- A JSON number as NUMBER(20, 8), without the detour by FLOAT that a cast from VARIANT takes for
    1e3; NULL when it is missing, no number or beyond the type. TRY_ functions take text only. -#}
{% macro price(value) -%}
    try_to_decimal({{ value }}::varchar, 20, 8)
{%- endmacro %}
