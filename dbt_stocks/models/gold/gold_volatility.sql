{{ config(
    unique_key=['symbol', 'bar_interval', 'bucket_start'],
    tmp_relation_type='table',
    meta={'merge_time_column': 'bucket_start'},
    cluster_by=['bar_interval', 'to_date(bucket_start)', 'symbol'],
) }}

{%- set returns = 20 %}
{%- set reach_days -%}
    case bar_interval
    {%- for bar in bar_intervals() %} when '{{ bar.name }}' then {{ bar.reach_days }}{% endfor %} end
{%- endset %}

{%- if is_incremental() %}
{%- set after = newest_batch(this) %}
{#- A window that contains a changed candle begins and ends at most one reach away from it. #}
{%- set touched_spans -%}
    select
        bar_interval as span_key,
        dateadd('day', -reach_days, min(bucket_start)) as span_from,
        dateadd('day', reach_days, max(bucket_start)) as span_to
    from (
        select bar_interval, bucket_start, {{ reach_days }} as reach_days
        from {{ ref('gold_candlestick') }}
        where batch_seq > {{ after }}
    )
    group by
        bar_interval, reach_days,
        floor(datediff('day', '1970-01-01'::timestamp_ntz, bucket_start) / reach_days)
{%- endset %}
{%- endif %}

with candles as (

    select
        symbol,
        bar_interval,
        bucket_start,
        close,
        batch_seq,
        dateadd('day', -({{ reach_days }}), bucket_start) as reach_start
    from {{ ref('gold_candlestick') }}
    {%- if is_incremental() %}
    where ({{ in_spans('bucket_start', touched_spans, key_column='bar_interval') }})
        and symbol in (
            select symbol from {{ ref('gold_candlestick') }} where batch_seq > {{ after }}
        )
    {%- endif %}

),

returned as (

    select
        *,
        case
            when lag(bucket_start) over (
                partition by symbol, bar_interval order by bucket_start
            ) >= reach_start
                then ln(close::float / lag(close) over (
                    partition by symbol, bar_interval order by bucket_start
                )::float)
        end as log_return
    from candles

),

windowed as (

    select
        symbol,
        bar_interval,
        bucket_start,
        close,
        log_return,
        reach_start,
        lag(bucket_start, {{ returns }}) over (
            partition by symbol, bar_interval order by bucket_start
        ) as window_start,
        stddev_samp(log_return) over (
            partition by symbol, bar_interval order by bucket_start
            rows between {{ returns - 1 }} preceding and current row
        ) as deviation,
        {%- if is_incremental() %}
        max(case when batch_seq > {{ after }} then bucket_start end) over (
            partition by symbol, bar_interval order by bucket_start
            rows between {{ returns }} preceding and current row
        ) as last_touched,
        {%- endif %}
        max(batch_seq) over (
            partition by symbol, bar_interval order by bucket_start
            rows between {{ returns }} preceding and current row
        ) as window_batch_seq
    from returned

),

measured as (

    select
        *,
        case when window_start >= reach_start then deviation end as volatility
    from windowed
    {%- if is_incremental() %}
    where last_touched >= reach_start
    {%- endif %}

)

select
    symbol,
    bar_interval,
    bucket_start,
    close,
    log_return::number(20, 10) as log_return,
    volatility::number(20, 10) as volatility,
    -- Only exchange days are evenly spaced: intraday windows span nights, so their volatility
    -- cannot be scaled to a year.
    case when bar_interval = '1d' then (volatility * sqrt(252))::number(20, 10) end
        as annualised_volatility,
    window_batch_seq as batch_seq
from measured
