{{- define "ordersaga.labels" -}}
app.kubernetes.io/name: ordersaga
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "ordersaga.allLabels" -}}
{{ include "ordersaga.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* The name of a part's objects; also its DNS name. */ -}}
{{- define "ordersaga.name" -}}
{{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ordersaga.address" -}}
{{ include "ordersaga.name" . }}:{{ .port }}
{{- end }}

{{- /* An environment variable from a Secret. */ -}}
{{- define "ordersaga.secret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef: {name: {{ .secret | quote }}, key: {{ .key | quote }}}
{{- end }}

{{- /* PostgreSQL's authority, if one was named: variables of libpq, and where they point. */ -}}
{{- define "ordersaga.databaseEnv" -}}
{{- with .Values.databases.authority }}{{ if .secret }}
- {name: PGSSLMODE, value: verify-full}
- {name: PGSSLROOTCERT, value: /etc/ordersaga/database/{{ .key }}}
{{- end }}{{ end }}
{{- end }}
{{- define "ordersaga.databaseMount" -}}
{{- if .Values.databases.authority.secret }}
- {name: database, mountPath: /etc/ordersaga/database, readOnly: true}
{{- end }}
{{- end }}
{{- define "ordersaga.databaseVolume" -}}
{{- if .Values.databases.authority.secret }}
- name: database
  secret: {secretName: {{ .Values.databases.authority.secret | quote }}}
{{- end }}
{{- end }}

{{- /* What every pod has, whatever runs in it. The programs talk to no API of the cluster. */ -}}
{{- define "ordersaga.podRights" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "ordersaga.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "ordersaga.containerRights" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}
