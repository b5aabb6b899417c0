{#- Returns whether this is the run after each load, which sends as few statements as it can. Every
    other run does everything that dbt does by default. -#}
{% macro is_minute() -%}
    {{ return(invocation_args_dict.get('selector') == 'minute' and not should_full_refresh()) }}
{%- endmacro %}
