{{- define "stockfeed-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "stockfeed-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" }}
{{- else }}
{{- $name := include "stockfeed-operator.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 45 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "stockfeed-operator.selector" -}}
app.kubernetes.io/name: {{ include "stockfeed-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stockfeed-operator.labels" -}}
{{ include "stockfeed-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: stockfeed
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "stockfeed-operator.serviceAccount" -}}
{{- default (include "stockfeed-operator.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{/* Name of the ClusterRole bound to the pods of loads, shared by the role, the bind permission and the operator's settings. */}}
{{- define "stockfeed-operator.taskResultsRole" -}}
{{ include "stockfeed-operator.fullname" . }}-task-results
{{- end }}

{{/* Full image reference from the values of an image: `(list $ .Values.images.operator)`. */}}
{{- define "stockfeed-operator.image" -}}
{{- $image := index . 1 }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default (index . 0).Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}
