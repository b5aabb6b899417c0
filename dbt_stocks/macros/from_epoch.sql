{#- Returns the UTC TIMESTAMP_NTZ that is `count` of `unit` after the Unix epoch. TO_TIMESTAMP_NTZ
    guesses the unit from the magnitude of the number, so it is not used. -#}
{% macro from_epoch(unit, count) -%}
    dateadd('{{ unit }}', {{ count }}, '1970-01-01'::timestamp_ntz)
{%- endmacro %}
