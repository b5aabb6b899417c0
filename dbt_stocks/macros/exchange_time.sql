{#- Converts a UTC TIMESTAMP_NTZ to wall-clock time at the exchange. -#}
{% macro to_exchange_time(utc) -%}
    convert_timezone('UTC', '{{ exchange_timezone() }}', {{ utc }})
{%- endmacro %}

{#- Converts a wall-clock time at the exchange to a UTC TIMESTAMP_NTZ. -#}
{% macro from_exchange_time(wall_clock) -%}
    convert_timezone('{{ exchange_timezone() }}', 'UTC', {{ wall_clock }})
{%- endmacro %}

{#- Returns the UTC time of local midnight on the exchange day of a wall-clock time. -#}
{% macro exchange_day_start(wall_clock) -%}
    {{ from_exchange_time("date_trunc('day', " ~ wall_clock ~ ")") }}
{%- endmacro %}

{% macro exchange_timezone() -%}
    {{ return(env_var('STOCKFEED_EXCHANGE_TIMEZONE', 'America/New_York')) }}
{%- endmacro %}
