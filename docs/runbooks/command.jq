# Converts a feed's CronWorkflow to a Workflow that runs one `stockfeed` command with the settings
# and Secrets of the feed's loads. The Workflow takes the feed's mutex, so it waits for a running
# load. It has no label of the feed, so that its result does not affect LoadHealthy.
. as $cron
| {
    apiVersion: $cron.apiVersion,
    kind: "Workflow",
    metadata: {
      generateName: ($cron.metadata.name | sub("-load$"; "-by-hand-")),
      namespace: $cron.metadata.namespace
    },
    spec: (
      $cron.spec.workflowSpec
      | .templates[0] |= (
          del(.outputs, .metrics)
          | .containerSet.containers |= [
              .[0]
              | .name = "main"
              | .command = ["stockfeed"] + ($command | split("\n"))
              | del(.args)
            ]
        )
    )
  }
