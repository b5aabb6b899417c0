select
    topic_id,
    topic,
    partition_id,
    kafka_offset,

    bad_reason as reason,
    v:_error::varchar as error,
    symbol,
    poll_at,

    v as line,
    file_name,
    batch_seq,
    loaded_at
from {{ ref('bronze_stg_stock') }}
where bad_reason is not null
