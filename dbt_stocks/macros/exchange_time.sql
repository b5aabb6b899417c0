{#- Wall-clock time at the exchange of a UTC TIMESTAMP_NTZ. -#}
{% macro to_exchange_time(utc) -%}
    convert_timezone('UTC', '{{ exchange_timezone() }}', {{ utc }})
{%- endmacro %}

{#- UTC TIMESTAMP_NTZ of a wall-clock time at the exchange. -#}
{% macro from_exchange_time(wall_clock) -%}
    convert_timezone('{{ exchange_timezone() }}', 'UTC', {{ wall_clock }})
{%- endmacro %}

{#- When the exchange day of a wall-clock time began, in UTC: local midnight, DST or not. -#}
{% macro exchange_day_start(wall_clock) -%}
    {{ from_exchange_time("date_trunc('day', " ~ wall_clock ~ ")") }}
{%- endmacro %}

{% macro exchange_timezone() -%}
    {{ return(env_var('STOCKFEED_EXCHANGE_TIMEZONE', 'America/New_York')) }}
{%- endmacro %}
