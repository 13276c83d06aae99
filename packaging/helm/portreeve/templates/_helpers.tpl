{{- define "portreeve.name" -}}
{{- if contains "portreeve" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-portreeve" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "portreeve.selector" -}}
app.kubernetes.io/name: portreeve
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "portreeve.labels" -}}
app.kubernetes.io/name: portreeve
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "portreeve.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "portreeve.host" -}}
{{- (urlParse .Values.realm).host -}}
{{- end }}

{{/* Refuses values that contradict each other. Each message says what to change. */}}
{{- define "portreeve.check" -}}
{{- $values := .Values -}}
{{- if and (eq $values.database.kind "sqlite") (gt (int $values.replicas) 1) -}}
{{- fail "SQLite is for one replica: set database.kind to postgresql, or replicas to 1" -}}
{{- end -}}
{{- if and (eq $values.database.kind "postgresql") (not $values.database.urlSecret) -}}
{{- fail "the URL of a PostgreSQL database is a secret: set database.urlSecret to the name of a Secret with the key `url`" -}}
{{- end -}}
{{- if and (eq $values.database.kind "sqlite") $values.database.urlSecret -}}
{{- fail "database.urlSecret is for PostgreSQL: set database.kind to postgresql, or remove database.urlSecret" -}}
{{- end -}}
{{- if and (eq $values.keys.source "secret") (not $values.keys.secret) -}}
{{- fail "keys.source is secret: set keys.secret to the name of a Secret with the files that `portreeve keys init` makes" -}}
{{- end -}}
{{- if and (eq $values.keys.source "secret") (eq $values.database.kind "sqlite") -}}
{{- fail "with SQLite the keys are in the volume of the database: set keys.source to volume" -}}
{{- end -}}
{{- if and (eq $values.keys.source "secret") (not $values.adminPasswordSecret) -}}
{{- fail "with keys.source secret the server cannot write a first password: set adminPasswordSecret to the name of a Secret with the key `password`" -}}
{{- end -}}
{{- if and (eq $values.keys.source "volume") $values.keys.renewal.image -}}
{{- fail "the server renews keys in a volume by itself: leave keys.renewal.image out" -}}
{{- end -}}
{{- end }}

{{/* The database URL, for the server and for jobs that run its commands. */}}
{{- define "portreeve.database" -}}
{{- if eq .Values.database.kind "postgresql" }}
- name: PORTREEVE_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.urlSecret }}
      key: url
{{- end }}
{{- end }}

{{- define "portreeve.closed" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
{{- end }}

{{- define "portreeve.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "portreeve.pod" -}}
metadata:
  labels:
    {{- include "portreeve.labels" . | nindent 4 }}
    app.kubernetes.io/component: server
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  # 5 seconds until load balancers know that the pod stops, then 25 seconds for open requests.
  terminationGracePeriodSeconds: 35
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "portreeve.podSecurity" . | nindent 4 }}
  containers:
    - name: portreeve
      image: {{ include "portreeve.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve{{ if eq .Values.keys.source "secret" }}, --shared-secrets{{ end }}]
      env:
        - name: PORTREEVE_LISTEN
          value: "0.0.0.0:5001"
        - name: PORTREEVE_REALM
          value: {{ .Values.realm | quote }}
        - name: PORTREEVE_ISSUER
          value: {{ .Values.issuer | quote }}
        {{- with .Values.services }}
        - name: PORTREEVE_SERVICES
          value: {{ join "," . | quote }}
        {{- end }}
        {{- with .Values.trustedProxies }}
        - name: PORTREEVE_TRUSTED_PROXIES
          value: {{ join "," . | quote }}
        {{- end }}
        - name: PORTREEVE_LOG
          value: {{ .Values.log.filter | quote }}
        - name: PORTREEVE_LOG_FORMAT
          value: {{ .Values.log.format | quote }}
        {{- if eq .Values.keys.source "secret" }}
        - name: PORTREEVE_KEYS_DIR
          value: /keys
        {{- end }}
        {{- with .Values.adminPasswordSecret }}
        - name: PORTREEVE_ADMIN_PASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ . }}
              key: password
        {{- end }}
        {{- with include "portreeve.database" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- range $name, $value := .Values.env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      ports:
        - name: http
          containerPort: 5001
      startupProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 1
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /health/ready, port: http}
        periodSeconds: 2
        timeoutSeconds: 2
      lifecycle:
        preStop:
          sleep: {seconds: 5}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- include "portreeve.closed" . | nindent 8 }}
      volumeMounts:
        {{- if eq .Values.keys.source "secret" }}
        - name: keys
          mountPath: /keys
          readOnly: true
        {{- else }}
        - name: data
          mountPath: /data
        {{- end }}
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- if eq .Values.keys.source "secret" }}
    - name: keys
      secret:
        secretName: {{ .Values.keys.secret }}
        defaultMode: 0440
    {{- else if or .Values.persistence.existingClaim (eq .Values.database.kind "postgresql") }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim | default (include "portreeve.name" .) }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The specification of the volume claim that the chart makes. */}}
{{- define "portreeve.claim" -}}
accessModes: [{{ if eq .Values.database.kind "postgresql" }}ReadWriteMany{{ else }}ReadWriteOnce{{ end }}]
{{- with .Values.persistence.storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .Values.persistence.size }}
{{- end }}
