with lines as (

    select
        split_part(split_part(file_name, '/topic=', 2), '/', 1) as topic_id,
        v:_meta.topic::varchar as topic,
        try_to_number(v:_meta.partition::varchar, 38, 0) as partition_id,
        try_to_number(v:_meta.offset::varchar, 38, 0) as kafka_offset,

        v:symbol::varchar as symbol,
        {{ price('v:c') }} as c,
        {{ price('v:o') }} as o,
        {{ price('v:h') }} as h,
        {{ price('v:l') }} as l,
        {{ price('v:pc') }} as pc,
        {{ price('v:d') }} as d,
        {{ price('v:dp') }} as dp,

        try_to_number(v:t::varchar, 38, 0) as t,
        try_to_number(v:_meta.timestamp::varchar, 38, 0) as poll_ms,

        v,
        file_name,
        batch_seq,
        loaded_at
    from {{ source('raw', 'source_stock_quotes') }}

),

-- Convert only plausible times: a conversion error would fail all models downstream.
timed as (

    select
        *,
        case when t between 1 and {{ last_second() }} then {{ from_epoch('second', 't') }} end
            as quote_at,
        case
            when poll_ms between 1 and {{ last_second() }} * 1000
                then {{ from_epoch('millisecond', 'poll_ms') }}
        end as poll_at
    from lines

)

select
    topic_id,
    topic,
    partition_id,
    kafka_offset,

    symbol,
    c,
    o,
    h,
    l,
    pc,
    d,
    dp,

    t,
    quote_at,
    poll_at,

    case
        when v:_error::varchar is not null then 'error_line'
        when coalesce(trim(symbol), '') = '' then 'bad_symbol'
        when coalesce(c, 0) <= 0 then 'bad_c'
        when quote_at is null then 'bad_t'
        {%- for field in ['o', 'h', 'l', 'pc'] %}
        when v:{{ field }}::varchar is not null and coalesce({{ field }}, -1) < 0 then 'bad_{{ field }}'
        {%- endfor %}
        when poll_at is null or kafka_offset is null then 'bad_meta'
    end as bad_reason,

    v,
    file_name,
    batch_seq,
    loaded_at
from timed
