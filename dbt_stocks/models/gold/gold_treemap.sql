{{ config(materialized='view') }}

select
    kpi.symbol,
    kpi.current_price,
    kpi.change_amount,
    kpi.change_percent,
    candle.quotes as day_quotes,
    kpi.quote_at,
    kpi.batch_seq
from {{ ref('gold_kpi') }} as kpi
join {{ ref('gold_candlestick') }} as candle
    on candle.symbol = kpi.symbol
    and candle.bar_interval = '1d'
    and candle.bucket_start = {{ exchange_day_start('kpi.exchange_at') }}
