package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// growthPart times scans of repositories of 1 to 2,000 charts that differ, and
// draws them.
func growthPart(ctx context.Context, o options) (bool, error) {
	if o.kustoms == "" {
		return false, errors.New("-kustoms names no program to measure")
	}
	tmp, err := os.MkdirTemp("", "kustoms-growth")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	var sizes []int
	var costs []cost
	made := 0
	for _, n := range []int{1, 10, 100, 1000, 2000} {
		for ; made < n; made++ {
			if err := writeChart(tmp, made); err != nil {
				return false, err
			}
		}
		args := []string{o.kustoms, "scan", tmp, "--root", tmp, "--quiet", "--exit-zero", "--report", "json=" + filepath.Join(tmp, "..", filepath.Base(tmp)+".json")}
		var c cost
		for range rounds {
			m, err := measure(ctx, args)
			if err != nil {
				return false, err
			}
			c = better(c, m)
		}
		fmt.Printf("growth: %5d charts %s, %.2f ms a chart\n", n, c, float64(c.wall.Microseconds())/1000/float64(n))
		sizes, costs = append(sizes, n), append(costs, c)
	}
	_ = os.Remove(filepath.Join(tmp, "..", filepath.Base(tmp)+".json"))
	one, err := oneCore(ctx, o.kustoms, tmp)
	if err != nil {
		return false, err
	}
	last := costs[len(costs)-1]
	fmt.Printf("growth: %d charts on one core: %.2f s, so that all cores are %.2f times as fast\n", made, one.wall.Seconds(), ratio(one, last))
	if o.plot == "" {
		return true, nil
	}
	return true, os.WriteFile(o.plot, []byte(plot(sizes, costs)), 0o666)
}

// oneCore scans with one processor.
func oneCore(ctx context.Context, kustoms, dir string) (c cost, err error) {
	for range rounds {
		m, err := measure(ctx, []string{"env", "GOMAXPROCS=1", kustoms, "scan", dir, "--root", dir, "--quiet", "--exit-zero", "--report", "json=" + os.DevNull})
		if err != nil {
			return c, err
		}
		c = better(c, m)
	}
	return c, nil
}

// writeChart writes a chart of a service as people have them, with a shared
// library chart vendored, and values of two environments. No two are alike.
func writeChart(dir string, i int) error {
	files := map[string]string{
		"Chart.yaml":                         "apiVersion: v2\nname: svc-%[1]d\nversion: 1.0.%[1]d\n",
		"values.yaml":                        "image: {repository: registry.example.com/svc-%[1]d, tag: 1.0.%[1]d}\nreplicas: 2\nport: %[2]d\nenv: {LOG_LEVEL: info, REGION: eu-%[1]d}\n",
		"values-prod.yaml":                   "replicas: 5\nenv: {LOG_LEVEL: warn}\n",
		"charts/common/Chart.yaml":           "apiVersion: v2\nname: common\nversion: 2.0.0\ntype: library\n",
		"charts/common/templates/_names.tpl": "{{- define \"common.labels\" -}}\napp.kubernetes.io/name: {{ .Chart.Name }}\napp.kubernetes.io/instance: {{ .Release.Name }}\n{{- end }}\n",
		"templates/deployment.yaml":          "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Chart.Name }}\n  labels: {{- include \"common.labels\" . | nindent 4 }}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels: {{- include \"common.labels\" . | nindent 6 }}\n  template:\n    metadata:\n      labels: {{- include \"common.labels\" . | nindent 8 }}\n    spec:\n      serviceAccountName: {{ .Chart.Name }}\n      containers:\n        - name: svc-%[1]d\n          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n          ports: [{containerPort: {{ .Values.port }}}]\n          env:\n          {{- range $k, $v := .Values.env }}\n            - {name: {{ $k }}, value: {{ $v | quote }}}\n          {{- end }}\n",
		"templates/service.yaml":             "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Chart.Name }}\nspec:\n  selector: {{- include \"common.labels\" . | nindent 4 }}\n  ports: [{port: 80, targetPort: {{ .Values.port }}}]\n",
		"templates/rbac.yaml":                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: {{ .Chart.Name }}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: {{ .Chart.Name }}}\nrules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, list]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: {{ .Chart.Name }}}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .Chart.Name }}}\nsubjects: [{kind: ServiceAccount, name: {{ .Chart.Name }}}]\n",
		"templates/config.yaml":              "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\ndata:\n  service: svc-%[1]d\n  settings.json: '{\"port\": %[2]d, \"service\": \"svc-%[1]d\"}'\n",
	}
	for name, text := range files {
		if strings.Contains(text, "%[") {
			text = fmt.Sprintf(text+"%.0[1]d%.0[2]d", i, 8000+i%1000)
		}
		p := filepath.Join(dir, fmt.Sprintf("team-%d", i%40), fmt.Sprintf("svc-%d", i), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// plot draws time by size, both on logarithmic axes: what is linear is a
// straight line at 45 degrees.
func plot(sizes []int, costs []cost) string {
	const width, height, left, bottom, decade = 520.0, 360.0, 60.0, 320.0, 110.0
	x := func(n float64) float64 { return left + decade*math.Log10(n) }
	y := func(s float64) float64 { return bottom - decade/1.6*(math.Log10(s)+2) } // from 10 ms
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12" fill="#333">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#fff"/><title>Wall time of a scan by the number of charts</title>`+"\n", width, height)
	for n := 1.0; n <= 10000; n *= 10 {
		fmt.Fprintf(&b, `<path d="M%.1f 20V%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%g</text>`+"\n", x(n), bottom, x(n), bottom+18, n)
	}
	for s := 0.01; s < 200; s *= 10 {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g s</text>`+"\n", left, y(s), x(10000), left-6, y(s)+4, s)
	}
	var line []string
	for i, n := range sizes {
		s := costs[i].wall.Seconds()
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(float64(n)), y(s)))
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="#0b62a4"/><text x="%.1f" y="%.1f">%.2f s, %d MB</text>`+"\n", x(float64(n)), y(s), x(float64(n))+8, y(s)+14, s, costs[i].memory>>20)
	}
	fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#0b62a4" stroke-width="2"/>`+"\n", strings.Join(line, " "))
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">charts</text></svg>`+"\n", x(100), bottom+34)
	return b.String()
}
