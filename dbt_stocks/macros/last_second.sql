{#- The last Unix second that counts as a time: the end of the year 2099. Milliseconds sent as
    seconds, the usual mistake, lie far beyond it. -#}
{% macro last_second() -%}
    4102444799
{%- endmacro %}
