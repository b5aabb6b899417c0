// Command argolint checks Argo's objects with Argo's own linter, as `argo lint --offline` does. Its
// arguments are files; it writes one JSON document to standard output:
//
//	{"file.yaml": ["problem"]}
//
// A file without any object that the linter knows is a problem, too. WorkflowTemplates that an
// object references must be among the files.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-workflows/v4/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "argolint:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, files []string) error {
	options := apiclient.Opts{Offline: true, OfflineFiles: files, LogLevel: "error"}
	ctx, client, err := apiclient.NewClientFromOptsWithContext(ctx, options)
	if err != nil {
		return err
	}
	clients, err := clients(ctx, client)
	if err != nil {
		return err
	}
	found, err := lint.Lint(ctx, &lint.Options{Files: files, Strict: true, ServiceClients: clients})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(problems(found))
}

func clients(ctx context.Context, client apiclient.Client) (lint.ServiceClients, error) {
	templates, err := client.NewWorkflowTemplateServiceClient()
	if err != nil {
		return lint.ServiceClients{}, err
	}
	crons, err := client.NewCronWorkflowServiceClient()
	if err != nil {
		return lint.ServiceClients{}, err
	}
	return lint.ServiceClients{
		WorkflowsClient:         client.NewWorkflowServiceClient(ctx),
		WorkflowTemplatesClient: templates,
		CronWorkflowsClient:     crons,
	}, nil
}

func problems(found *lint.Results) map[string][]string {
	byFile := map[string][]string{}
	for _, result := range found.Results {
		texts := byFile[result.File]
		if !result.Linted {
			texts = append(texts, "holds no Workflow, WorkflowTemplate or CronWorkflow")
		}
		for _, err := range result.Errs {
			texts = append(texts, err.Error())
		}
		byFile[result.File] = texts
	}
	return byFile
}
