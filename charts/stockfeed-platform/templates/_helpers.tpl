{{/* Selector labels of a component's pods: `(list $ "quotes")`. */}}
{{- define "stockfeed-platform.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* Labels of the objects of a component: `(list $ "quotes")`. */}}
{{- define "stockfeed-platform.labels" -}}
{{- $root := index . 0 }}
{{- include "stockfeed-platform.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: stockfeed
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "stockfeed-platform.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Pod settings shared by the emulator and the quote server. */}}
{{- define "stockfeed-platform.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "stockfeed-platform.podLabels" -}}
{{- with .Values.pod.labels }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* Container settings shared by the emulator and the quote server. */}}
{{- define "stockfeed-platform.container" -}}
image: {{ include "stockfeed-platform.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* Replication factor of topics: the number of brokers, at most 3. */}}
{{- define "stockfeed-platform.replicationFactor" -}}
{{- min 3 (int .Values.kafka.brokers.replicas) }}
{{- end }}

{{/* min.insync.replicas of topics: one replica may be down, unless there is only one. */}}
{{- define "stockfeed-platform.minInsyncReplicas" -}}
{{- max 1 (sub (int (include "stockfeed-platform.replicationFactor" .)) 1) }}
{{- end }}
