{{- /* One program as a Deployment. Of the dict: root, name, program, port, admin, values, env (more variables, as text). */ -}}
{{- define "ordersaga.part" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "ordersaga.name" . }}
  labels: {{- include "ordersaga.allLabels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  selector:
    matchLabels: {{- include "ordersaga.labels" . | nindent 6 }}
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  template:
    metadata:
      labels: {{- include "ordersaga.allLabels" . | nindent 8 }}
      {{- with $root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      terminationGracePeriodSeconds: {{ add $root.Values.drainSeconds $root.Values.preStopSeconds 5 }}
      {{- include "ordersaga.podRights" $root | nindent 6 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "ordersaga.labels" . | nindent 14 }}
      containers:
        - name: {{ .name }}
          {{- include "ordersaga.image" $root | nindent 10 }}
          command: [{{ .program }}]
          env:
            - name: POD_IP
              valueFrom: {fieldRef: {fieldPath: status.podIP}}
            - {name: BIND_ADDRESS, value: "0.0.0.0"}
            - {name: LOG_FORMAT, value: json}
            - {name: DRAIN_TIMEOUT, value: {{ $root.Values.drainSeconds }}s}
            - {name: TLS_FOLDER, value: /etc/ordersaga/tls}
            {{- if ne .name "gateway" }}
            - {name: MIGRATE, value: "off"}
            {{- with include "ordersaga.databaseEnv" $root | trim }}{{ . | nindent 12 }}{{ end }}
            {{- end }}
            {{- if .env }}
            {{- .env | trim | nindent 12 }}
            {{- end }}
            {{- range $name, $value := .values.settings }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          ports:
            - {name: serve, containerPort: {{ .port }}}
            - {name: admin, containerPort: {{ .admin }}}
          # It waits for its database and is not ready; only a program that answers nothing at all is started again.
          startupProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            # Until all who call have forgotten the address.
            preStop:
              exec: {command: [sleep, "{{ $root.Values.preStopSeconds }}"]}
          resources: {{- toYaml .values.resources | nindent 12 }}
          {{- include "ordersaga.containerRights" $root | nindent 10 }}
          volumeMounts:
            - {name: tls, mountPath: /etc/ordersaga/tls, readOnly: true}
            {{- if ne .name "gateway" }}
            {{- with include "ordersaga.databaseMount" $root | trim }}{{ . | nindent 12 }}{{ end }}
            {{- end }}
            {{- if and .values.https .values.https.secret }}
            - {name: https, mountPath: /etc/ordersaga/https, readOnly: true}
            {{- end }}
            {{- if .values.mailboxClaim }}
            - {name: mail, mountPath: /var/lib/ordersaga/mail}
            {{- end }}
      volumes:
        - name: tls
          secret: {secretName: {{ print $root.Values.tls.secretPrefix .name | quote }}, defaultMode: 0440}
        {{- if ne .name "gateway" }}
        {{- with include "ordersaga.databaseVolume" $root | trim }}{{ . | nindent 8 }}{{ end }}
        {{- end }}
        {{- if and .values.https .values.https.secret }}
        - name: https
          secret: {secretName: {{ .values.https.secret | quote }}, defaultMode: 0440}
        {{- end }}
        {{- if .values.mailboxClaim }}
        - name: mail
          persistentVolumeClaim: {claimName: {{ .values.mailboxClaim }}}
        {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "ordersaga.name" . }}
  labels: {{- include "ordersaga.allLabels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if eq .name "gateway" }}
  type: {{ .values.service.type }}
  {{- else }}
  # One name for all replicas: a gRPC client keeps a connection to each and asks those that are well.
  clusterIP: None
  {{- end }}
  selector: {{- include "ordersaga.labels" . | nindent 4 }}
  ports:
    - {name: serve, port: {{ .servicePort | default .port }}, targetPort: serve{{ if ne .name "gateway" }}, appProtocol: kubernetes.io/h2c{{ end }}}
{{- if gt (int .values.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "ordersaga.name" . }}
  labels: {{- include "ordersaga.allLabels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "ordersaga.labels" . | nindent 6 }}
{{- end }}
{{- end }}
