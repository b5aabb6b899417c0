{#- A UTC TIMESTAMP_NTZ from a count of `unit` since the Unix epoch. TO_TIMESTAMP_NTZ would guess the
    unit of some numbers. -#}
{% macro from_epoch(unit, count) -%}
    dateadd('{{ unit }}', {{ count }}, '1970-01-01'::timestamp_ntz)
{%- endmacro %}
