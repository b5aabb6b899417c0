#!/bin/sh
# Formats an empty volume, then runs the broker.
set -eu
config=/opt/config/server.properties
java_() {
  exec java -cp '/opt/kafka/*' -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlog4j2.configurationFile=/opt/config/log4j2.properties "$@"
}
if [ ! -f /var/lib/kafka/log/meta.properties ]; then
  (java_ kafka.tools.StorageTool format -t c3RvY2tmZWVkLWxvY2FsLQ -c "$config")
fi
java_ kafka.Kafka "$config"
