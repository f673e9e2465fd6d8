{{- define "frontend.name" -}}
{{ .Release.Name }}-frontend
{{- end }}

{{- define "frontend.labels" -}}
app.kubernetes.io/name: frontend
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "frontend.selector" -}}
app.kubernetes.io/name: frontend
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "frontend.debug" -}}
- name: toolbox
  image: ghcr.io/example/toolbox:1.2
  securityContext:
    privileged: true
{{- end }}
