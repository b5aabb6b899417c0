# Makes of a feed's CronWorkflow a Workflow that runs one `stockfeed` command with the settings and
# Secrets of the feed's loads. It takes the feed's mutex, so it waits for a load that runs. It
# carries no label of the feed: whether it succeeds says nothing of loading.
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
