{{/*
Permissions of the operator in the namespaces whose feeds it reconciles. Server-side apply needs
patch, and create for new objects; pruning needs delete. There is no permission on Secrets, because
pods mount them directly.
*/}}
{{- define "stockfeed-operator.rules" -}}
- apiGroups: [stockfeed.dev]
  resources: [stockfeeds]
  verbs: [get, list, watch, patch]
- apiGroups: [stockfeed.dev]
  resources: [stockfeeds/status]
  verbs: [patch]
# Owner references with blockOwnerDeletion require this if the API server enables the admission plugin
# OwnerReferencesPermissionEnforcement.
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
# The operator starts the last load of a stop and reads the results of loads. It never deletes
# Workflows: they are garbage-collected with their feed.
- apiGroups: [argoproj.io]
  resources: [workflows]
  verbs: [list, watch, create, patch]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# The operator may bind this role, for the pods of loads, and no other.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  resourceNames: [{{ include "stockfeed-operator.taskResultsRole" . }}]
  verbs: [bind]
# The operator reads termination messages, to report in a feed's status why a container stopped.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}
