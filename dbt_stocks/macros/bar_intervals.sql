{#- The candles' intervals.

    seconds: length of a UTC slice; none for the exchange day.
    reach_days: how far apart the first and the last candle of a volatility window may lie. Longer
        than twenty candles take across a long weekend, and it bounds what a late quote can change. -#}
{% macro bar_intervals() -%}
    {{ return([
        {'name': '1m', 'seconds': 60, 'reach_days': 5},
        {'name': '5m', 'seconds': 300, 'reach_days': 5},
        {'name': '1h', 'seconds': 3600, 'reach_days': 14},
        {'name': '1d', 'seconds': none, 'reach_days': 60},
    ]) }}
{%- endmacro %}
