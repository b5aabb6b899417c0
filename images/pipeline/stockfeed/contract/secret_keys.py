"""Keys of the Secrets that a feed refers to; a mounted Secret has one file per key."""

from typing import Final

# landing.credentialsSecretRef
S3_ACCESS_KEY_ID: Final = "accessKeyId"
S3_SECRET_ACCESS_KEY: Final = "secretAccessKey"  # noqa: S105 - the name of a key

# kafka.sasl.credentialsSecretRef; the Secret of a Strimzi KafkaUser also has the key `password`.
KAFKA_USERNAME: Final = "username"
KAFKA_PASSWORD: Final = "password"  # noqa: S105 - the name of a key

# warehouse.credentialsSecretRef
SNOWFLAKE_ACCOUNT: Final = "account"
SNOWFLAKE_USER: Final = "user"
SNOWFLAKE_ROLE: Final = "role"
SNOWFLAKE_WAREHOUSE: Final = "warehouse"
SNOWFLAKE_PRIVATE_KEY: Final = "privateKey"
SNOWFLAKE_PRIVATE_KEY_PASSPHRASE: Final = "privateKeyPassphrase"  # noqa: S105
SNOWFLAKE_PASSWORD: Final = "password"  # noqa: S105 - the name of a key
SNOWFLAKE_HOST: Final = "host"
SNOWFLAKE_PORT: Final = "port"
SNOWFLAKE_PROTOCOL: Final = "protocol"
