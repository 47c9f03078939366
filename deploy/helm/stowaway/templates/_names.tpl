{{- define "stowaway.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "stowaway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stowaway.labels" -}}
{{ include "stowaway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* Where syslog is listened on, as ports of name, port and protocol; none: an empty list. */ -}}
{{- define "stowaway.syslog" -}}
{{- $ports := list }}
{{- range $protocol, $address := dig "inputs" "syslog" dict .Values.config }}
{{- $ports = append $ports (dict "name" (printf "syslog-%s" $protocol) "port" (regexFind "[0-9]+$" $address | int) "protocol" (upper $protocol)) }}
{{- end }}
{{- $ports | toYaml }}
{{- end }}

{{- define "stowaway.scheme" -}}
{{- if .Values.tls.secretName }}https{{ else }}http{{ end }}
{{- end }}
