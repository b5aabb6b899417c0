{{/*
What the operator may do in the namespaces that it works in. It applies objects (patch, and create
for what is not there yet), watches them, and deletes what a feed no longer wants. It has no right
on Secrets: pods mount these themselves.
*/}}
{{- define "stockfeed-operator.rules" -}}
- apiGroups: [stockfeed.dev]
  resources: [stockfeeds]
  verbs: [get, list, watch, patch]
- apiGroups: [stockfeed.dev]
  resources: [stockfeeds/status]
  verbs: [patch]
# Owner references that block their owner's deletion need this where the API server enforces it.
- apiGroups: [stockfeed.dev]
  resources: [stockfeeds/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [configmaps, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [kafka.strimzi.io]
  resources: [kafkatopics]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [argoproj.io]
  resources: [cronworkflows, workflowtemplates]
  verbs: [get, list, watch, create, patch, delete]
# It starts the last load of a stop, and reads what loads report. They go with their feed.
- apiGroups: [argoproj.io]
  resources: [workflows]
  verbs: [list, watch, create, patch]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# It may bind the role of a load's pods, and no other.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  resourceNames: [{{ include "stockfeed-operator.taskResultsRole" . }}]
  verbs: [bind]
# Termination messages tell why a role stopped.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}
