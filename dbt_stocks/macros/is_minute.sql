{#- Whether this is the run after each load, which sends no statement that it can do without. Any
    other run does all that dbt does. -#}
{% macro is_minute() -%}
    {{ return(invocation_args_dict.get('selector') == 'minute' and not should_full_refresh()) }}
{%- endmacro %}
