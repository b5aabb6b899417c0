{{ config(unique_key='symbol', tmp_relation_type='view') }}

{%- if is_incremental() %}
{%- set after = newest_batch(this) %}
{%- endif %}

with quotes as (

    select
        symbol,
        quote_id,
        t,
        c as current_price,
        o as day_open,
        h as day_high,
        l as day_low,
        pc as previous_close,
        is_outside_range,
        quote_at,
        exchange_at,
        last_seen_at,
        last_seen_offset,
        batch_seq
    from {{ ref('silver_clean_stock') }}

    {%- if is_incremental() %}
    where batch_seq > {{ after }}

    union all

    select
        symbol,
        quote_id,
        t,
        current_price,
        day_open,
        day_high,
        day_low,
        previous_close,
        is_outside_range,
        quote_at,
        exchange_at,
        last_seen_at,
        last_seen_offset,
        batch_seq
    from {{ this }}
    {%- endif %}

),

-- The batch is the symbol's newest, not the quote's: a late quote changes no value, but its batch
-- must count as built.
latest as (

    select
        *,
        max(batch_seq) over (partition by symbol) as symbol_batch_seq
    from quotes
    qualify row_number() over (
        partition by symbol order by t desc, last_seen_at desc, last_seen_offset desc, quote_id desc
    ) = 1

)

select
    symbol,
    current_price,
    (current_price - previous_close)::number(20, 8) as change_amount,
    (100 * (current_price - previous_close) / nullif(previous_close, 0))::number(38, 6)
        as change_percent,
    day_open,
    day_high,
    day_low,
    previous_close,
    is_outside_range,
    t,
    quote_at,
    exchange_at,
    last_seen_at,
    last_seen_offset,
    quote_id,
    symbol_batch_seq as batch_seq
from latest
{%- if is_incremental() %}
where symbol_batch_seq > {{ after }}
{%- endif %}
