{{ config(
    unique_key='quote_id',
    tmp_relation_type='table',
    meta={'merge_time_column': 'quote_at'},
    cluster_by=['to_date(quote_at)', 'symbol'],
) }}

with events as (

    select
        -- The symbol comes last, because no other part can contain the separator.
        md5(concat_ws(
            '|', t::varchar, c::varchar
            {%- for field in ['o', 'h', 'l', 'pc'] -%}
            , coalesce({{ field }}::varchar, '')
            {%- endfor -%}
            , symbol
        )) as quote_id,
        symbol,
        t,
        c,
        o,
        h,
        l,
        pc,
        quote_at,
        poll_at,
        kafka_offset,
        batch_seq
    from {{ ref('bronze_stg_stock') }}
    where bad_reason is null
    {%- if is_incremental() %}
        and batch_seq > {{ newest_batch(this) }}
    {%- endif %}

),

sightings as (

    select
        {{ quote_columns() }},
        poll_at as seen_at,
        kafka_offset as seen_offset,
        batch_seq
    from events

    {% if is_incremental() -%}
    {%- for sighting in ['first_seen', 'last_seen'] %}
    union all

    select
        {{ quote_columns('merged') }},
        merged.{{ sighting }}_at as seen_at,
        merged.{{ sighting }}_offset as seen_offset,
        merged.batch_seq
    from {{ this }} as merged
    -- quote_id would be enough to identify the row; symbol and quote_at let Snowflake prune, because the
    -- table is clustered by them.
    join (select distinct quote_id, symbol, quote_at from events) as known
        on merged.quote_id = known.quote_id
        and merged.symbol = known.symbol
        and merged.quote_at = known.quote_at
    {% endfor -%}
    {%- endif %}

),

merged_sightings as (

    select
        {{ quote_columns() }},
        min(seen_at) over (partition by quote_id) as first_seen_at,
        first_value(seen_offset) over (
            partition by quote_id order by seen_at, seen_offset
        ) as first_seen_offset,
        seen_at as last_seen_at,
        seen_offset as last_seen_offset,
        max(batch_seq) over (partition by quote_id) as newest_batch_seq
    from sightings
    qualify row_number() over (partition by quote_id order by seen_at desc, seen_offset desc) = 1

)

select
    {{ quote_columns() }},
    {{ to_exchange_time('quote_at') }}::timestamp_ntz as exchange_at,
    coalesce(c < l, false) or coalesce(c > h, false) as is_outside_range,
    first_seen_at,
    first_seen_offset,
    last_seen_at,
    last_seen_offset,
    newest_batch_seq as batch_seq
from merged_sightings
