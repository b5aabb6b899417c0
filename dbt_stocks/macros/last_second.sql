{#- The last Unix second that is accepted as a time: the end of 2099. Milliseconds in place of
    seconds, the usual mistake, are far beyond it. -#}
{% macro last_second() -%}
    4102444799
{%- endmacro %}
