{{ config(
    unique_key=['symbol', 'bar_interval', 'bucket_start'],
    tmp_relation_type='table',
    meta={'merge_time_column': 'bucket_start'},
    cluster_by=['bar_interval', 'to_date(bucket_start)', 'symbol'],
) }}

{%- if is_incremental() %}
{%- set after = newest_batch(this) %}
{%- set touched_days -%}
    select
        -- The longest day has 25 hours. One more hour at either end, because buckets are aligned
        -- to UTC: where local midnight is not on a full UTC hour, it is inside a bucket.
        dateadd('hour', -1, day_start) as span_from,
        dateadd('hour', 26, day_start) as span_to
    from (
        select distinct {{ exchange_day_start('exchange_at') }} as day_start
        from {{ ref('silver_clean_stock') }}
        where batch_seq > {{ after }}
    )
{%- endset %}
{%- endif %}

with quotes as (

    select
        symbol,
        t,
        c,
        quote_at,
        exchange_at,
        batch_seq,
        -- A price that returns within a second (10, 11, 10) is one quote, first seen before the other and
        -- last seen after it. So it opens the bucket and closes it.
        row_number() over (
            partition by symbol order by t, first_seen_at, first_seen_offset, quote_id
        ) as open_place,
        row_number() over (
            partition by symbol order by t, last_seen_at, last_seen_offset, quote_id
        ) as close_place
    from {{ ref('silver_clean_stock') }}
    {%- if is_incremental() %}
    where ({{ in_spans('quote_at', touched_days) }})
        and symbol in (
            select symbol from {{ ref('silver_clean_stock') }} where batch_seq > {{ after }}
        )
    {%- endif %}

),

bucketed as (

    {% for bar in bar_intervals() -%}
    select
        symbol,
        '{{ bar.name }}' as bar_interval,
        {% if bar.seconds -%}
        {{ from_epoch('second', 't - mod(t, ' ~ bar.seconds ~ ')') }} as bucket_start,
        {%- else -%}
        {{ exchange_day_start('exchange_at') }}::timestamp_ntz as bucket_start,
        {%- endif %}
        c,
        open_place,
        close_place,
        batch_seq
    from quotes
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}
),

bars as (

    select
        symbol,
        bar_interval,
        bucket_start,
        min_by(c, open_place) as open,
        max(c) as high,
        min(c) as low,
        max_by(c, close_place) as close,
        count(*)::number(38, 0) as quotes,
        max(batch_seq) as newest_batch_seq
    from bucketed
    group by symbol, bar_interval, bucket_start

)

select
    symbol,
    bar_interval,
    bucket_start,
    open,
    high,
    low,
    close,
    quotes,
    newest_batch_seq as batch_seq
from bars
{%- if is_incremental() %}
where newest_batch_seq > {{ after }}
{%- endif %}
