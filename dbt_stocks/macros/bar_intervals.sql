{#- Returns the candle intervals.

    seconds: length of a bucket, which starts at a multiple of it in UTC; none for the exchange day.
    reach_days: the longest time from the first candle of a volatility window to its last. Twenty
        candles must fit in, even across a long weekend. It also limits which windows a late quote
        can change. -#}
{% macro bar_intervals() -%}
    {{ return([
        {'name': '1m', 'seconds': 60, 'reach_days': 5},
        {'name': '5m', 'seconds': 300, 'reach_days': 5},
        {'name': '1h', 'seconds': 3600, 'reach_days': 14},
        {'name': '1d', 'seconds': none, 'reach_days': 60},
    ]) }}
{%- endmacro %}
