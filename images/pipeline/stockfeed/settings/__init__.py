"""Settings of each role: parsed once from the environment into a frozen, validated object.

The names are in `stockfeed.contract.env`. Nothing reads the environment at import: `main` passes
a mapping in. Everything missing or invalid is reported at once, by environment variable.
"""

from stockfeed.settings.base import Settings
from stockfeed.settings.roles import (
    BuildSettings,
    ConsumerSettings,
    InspectionSettings,
    Layout,
    LoaderSettings,
    ProducerSettings,
)
from stockfeed.settings.services import (
    BrokerSettings,
    KafkaSettings,
    ObjectStoreSettings,
    SnowflakeSettings,
)

__all__ = [
    "BrokerSettings",
    "BuildSettings",
    "ConsumerSettings",
    "InspectionSettings",
    "KafkaSettings",
    "Layout",
    "LoaderSettings",
    "ObjectStoreSettings",
    "ProducerSettings",
    "Settings",
    "SnowflakeSettings",
]
