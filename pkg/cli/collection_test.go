package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostileCase is a repository that means harm. Its files are all that there is,
// but for one manifest that is fine; do adds what is no file. codes are the
// exit codes that are right.
type hostileCase struct {
	name  string
	codes []int
	files map[string]string
	do    func(t *testing.T, dir string) bool // false: not possible here
}

var (
	broken = []int{3}
	wrong  = []int{2}
	ended  = []int{0, 1, 3} // harmless if understood, incomplete if not
)

const (
	chartYAML = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
	podStart  = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
)

func times(n int, s string) string { return strings.Repeat(s, n) }

// each joins what fn makes of 0 to n-1.
func each(n int, fn func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(fn(i))
	}
	return b.String()
}

// laughs are nine levels of ten aliases each.
func laughs() string {
	return "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + each(9, func(i int) string {
		return fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(times(10, fmt.Sprintf("*a%d, ", i)), ", "))
	})
}

func manifest(name string, codes []int, text string) hostileCase {
	return hostileCase{name: "manifest: " + name, codes: codes, files: map[string]string{"x.yaml": text}}
}

func template(name string, codes []int, text string) hostileCase {
	return hostileCase{name: "template: " + name, codes: codes, files: map[string]string{"c/Chart.yaml": chartYAML, "c/templates/x.yaml": text}}
}

func chart(name string, codes []int, files map[string]string) hostileCase {
	h := hostileCase{name: "chart: " + name, codes: codes, files: map[string]string{"c/Chart.yaml": chartYAML, "c/templates/x.yaml": configMap + "  a: b\n"}}
	for f, text := range files {
		h.files["c/"+f] = text
	}
	return h
}

func overlay(name string, codes []int, files map[string]string) hostileCase {
	h := hostileCase{name: "overlay: " + name, codes: codes, files: map[string]string{"o/cm.yaml": configMap + "  a: b\n"}}
	for f, text := range files {
		h.files["o/"+f] = text
	}
	return h
}

func configured(name string, codes []int, file, text string) hostileCase {
	return hostileCase{name: "configuration: " + name, codes: codes, files: map[string]string{file: text}}
}

// bomb is megabytes of zeros in a packaged chart.
func bomb(t *testing.T, mb int) string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	err := errors.Join(
		tw.WriteHeader(&tar.Header{Name: "c/Chart.yaml", Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(mb) << 20}),
		func() error { _, err := io.CopyN(tw, zeros{}, int64(mb)<<20); return err }(), tw.Close(), zw.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// encoded is a text in base64, n times over.
func encoded(n int, text string) string {
	for range n {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

func collection(t *testing.T) []hostileCase {
	all := []hostileCase{
		// YAML.
		manifest("aliases that multiply", broken, configMap+"  a: b\nx:\n  "+strings.ReplaceAll(laughs(), "\n", "\n  ")+"\n"),
		manifest("merges that multiply", ended, "a: &a {k: v}\n"+each(60, func(i int) string {
			return fmt.Sprintf("b%d: &b%d {<<: [%s]}\n", i, i, strings.TrimSuffix(times(40, "*a, "), ", "))
		})+configMap+"  a: b\n"),
		manifest("an alias to what it is in", broken, configMap+"  a: &a [*a]\n"),
		manifest("an unknown alias", broken, configMap+"  a: *nobody\n"),
		manifest("brackets 100,000 deep", broken, configMap+"  a: "+times(100_000, "[")+"\n"),
		manifest("braces 50,000 deep", broken, configMap+"  a: "+times(50_000, "{a: ")+"\n"),
		manifest("indented 3,000 deep", ended, configMap+each(3_000, func(i int) string { return times(i+2, " ") + "a:\n" })),
		manifest("sequences 5,000 deep on a line", ended, configMap+"  a:\n    "+times(5_000, "- ")+"x\n"),
		manifest("a number of 100,000 digits", ended, configMap+"  a: "+times(100_000, "9")+"\n"),
		manifest("an exponent of nine digits", ended, podStart+"    - {name: c, image: a, resources: {limits: {cpu: 1e999999999, memory: 1e-999999999}}}\n"),
		manifest("numbers out of range", ended, podStart+"    - {name: c, image: a, ports: [{containerPort: 99999999999999999999}, {containerPort: -1}, {containerPort: .inf}, {containerPort: .nan}]}\n"),
		manifest("an octal, a hexadecimal, a binary", ended, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 0x7fffffffffffffff, minReadySeconds: 0o7777777777777777777777, selector: {}}\n"),
		manifest("invalid UTF-8", broken, configMap+"  a: \xff\xfe\xc0\x80\n"),
		manifest("overlong UTF-8", broken, configMap+"  a: \"\xe0\x80\xaf\xf4\x90\x80\x80\"\n"),
		manifest("a lone surrogate", ended, configMap+"  a: \"\\uD800\"\n"),
		manifest("NUL", ended, configMap+"  a: x\x00y\n"),
		manifest("control characters", broken, configMap+"  a: \x01\x02\x1b[2J\x07\n"),
		manifest("UTF-16", ended, "\xff\xfea\x00:\x00 \x00b\x00\n\x00"),
		manifest("UTF-32", ended, "\xff\xfe\x00\x00a\x00\x00\x00"),
		manifest("a byte-order mark in the middle", ended, configMap+"  a: b\n---\n\ufeff"+configMap+"  c: d\n"),
		manifest("a line of 10 MB", ended, configMap+"  a: "+times(10<<20, "x")+"\n"),
		manifest("a key of 2 MB", ended, configMap+"  "+times(2<<20, "k")+": v\n"),
		manifest("a comment of 10 MB", ended, "#"+times(10<<20, "c")+"\n"+configMap+"  a: b\n"),
		manifest("5 MB of blanks", ended, times(5<<20, " ")+"\n"+configMap+"  a: b\n"),
		manifest("200,000 empty documents", ended, configMap+"  a: b\n"+times(200_000, "---\n")),
		manifest("50,000 small documents", ended, each(5_000, func(i int) string {
			return fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", i)
		})),
		manifest("a quote that does not end", broken, configMap+"  a: \"x\n"+times(100_000, "y\n")),
		manifest("a directive of a YAML to come", broken, "%YAML 9.9\n---\n"+configMap+"  a: b\n"),
		manifest("20,000 directives", broken, times(20_000, "%TAG ! tag:x,2000:\n")+"---\n"+configMap+"  a: b\n"),
		manifest("tags of another language", ended, configMap+"  a: !!python/object/apply:os.system [\"touch pwned\"]\n"),
		manifest("binary that is none", ended, configMap+"  a: !!binary \"***\"\n"),
		manifest("tabs", broken, "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n"),
		manifest("carriage returns alone", ended, strings.ReplaceAll(configMap+"  a: b\n", "\n", "\r")),
		manifest("keys twice", ended, "apiVersion: v1\nkind: ConfigMap\nkind: Secret\nmetadata: {name: a, name: b}\n"),
		manifest("keys that are no texts", ended, configMap+"  ? [a, b]\n  : c\n  1.5: d\n  null: e\n  true: f\n"),
		manifest("a key that is a map with an alias", ended, configMap+"  ? &k {a: b}\n  : *k\n"),
		manifest("a block of a million lines", ended, configMap+"  a: |\n"+times(1_000_000, "    x\n")),
		manifest("a timestamp of no year", ended, configMap+"  a: 0000-00-00T99:99:99Z\n"),
		// Objects.
		manifest("a kind that is a list", ended, "apiVersion: v1\nkind: [Pod]\nmetadata: {name: x}\n"),
		manifest("metadata that is a text", ended, "apiVersion: v1\nkind: Pod\nmetadata: x\nspec: y\n"),
		manifest("names that are none", ended, each(8, func(i int) string {
			return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + []string{"1", "null", "[a]", "{}", "true", "1e3", "\"\"", "~"}[i] + "}\nspec: {containers: [{image: a}]}\n"
		})),
		manifest("containers that are a map", ended, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: {a: {image: b}}, initContainers: 5, volumes: x}\n"),
		manifest("containers that are nothing", ended, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [null, 1, [], {}, \"x\"]}\n"),
		manifest("a pod of 10,000 containers", ended, podStart+each(10_000, func(i int) string { return fmt.Sprintf("    - {name: c%d, image: \"a:%d\"}\n", i, i) })),
		manifest("an apiVersion with a line break", ended, "apiVersion: \"v1\\n::error::x\"\nkind: \"Pod\\r\\n\"\nmetadata: {name: \"a\\nb\"}\n"),
		manifest("lists in lists", ended, times(500, "apiVersion: v1\nkind: List\nitems:\n- ")[:0]+"apiVersion: v1\nkind: List\nitems:\n"+each(200, func(i int) string {
			in := times(2*i, " ")
			return in + "- apiVersion: v1\n" + in + "  kind: List\n" + in + "  items:\n"
		})),
		manifest("a list of nothing", ended, "apiVersion: v1\nkind: List\nitems: [null, 1, {}, []]\n"),
		manifest("a list of 20,000", ended, "apiVersion: v1\nkind: List\nitems:\n"+each(20_000, func(i int) string {
			return fmt.Sprintf("- {apiVersion: v1, kind: ConfigMap, metadata: {name: c%d}}\n", i)
		})),
		manifest("10,000 annotations", ended, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n"+each(10_000, func(i int) string { return fmt.Sprintf("    a%d: b\n", i) })),
		manifest("a role of 20,000 rules", ended, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n"+times(20_000, "- {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}\n")),
		manifest("roles that aggregate each other", ended, each(300, func(i int) string {
			return fmt.Sprintf("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r%d, labels: {a: b}}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: []\n", i)
		})),
		manifest("bindings in a ring", ended, each(200, func(i int) string {
			return fmt.Sprintf("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r%d}\nrules: [{apiGroups: [\"\"], resources: [serviceaccounts], verbs: [impersonate], resourceNames: [s%d]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b%d}\nroleRef: {kind: ClusterRole, name: r%d, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: s%d, namespace: d}]\n", i, (i+1)%200, i, i, i)
		})),
		manifest("policies of addresses that are none", ended, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\nspec:\n  podSelector: {}\n  egress:\n  - to: [{ipBlock: {cidr: 300.1.2.3/99, except: [x, \"::/200\"]}}]\n    ports: [{port: 99999, endPort: 1}, {port: {}}, {port: -5}]\n"),
		manifest("a policy of 5,000 address ranges", ended, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\nspec:\n  podSelector: {}\n  egress:\n  - to:\n"+each(5_000, func(i int) string { return fmt.Sprintf("    - ipBlock: {cidr: %d.%d.0.0/16}\n", i/250+1, i%250) })),
		manifest("300 pods and 300 policies", ended, each(300, func(i int) string {
			return fmt.Sprintf("---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%d, labels: {a: l%d}}\nspec: {containers: [{name: c, image: a}]}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n%d}\nspec: {podSelector: {matchLabels: {a: l%d}}, ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [l%d]}]}}]}]}\n", i, i, i, i, i/2)
		})),
		manifest("selectors that are none", ended, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\nspec: {podSelector: {matchExpressions: [{key: \"\", operator: Maybe, values: x}, 5]}, ingress: 7}\n"),
		manifest("a definition that refers to itself", ended, crd("{type: object, properties: {a: {$ref: \"#\"}}}")),
		manifest("a definition 2,000 deep", ended, crd(times(2_000, "{type: object, properties: {a: ")+"{type: string}"+times(2_000, "}}"))),
		manifest("a definition with a pattern that backtracks", ended, crd("{type: object, properties: {spec: {type: string, pattern: \"^(a+)+(b|b)*$\"}}}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\nspec: "+times(50_000, "a")+"!\n"),
		manifest("a definition with a pattern of a billion", ended, crd("{type: object, properties: {spec: {type: string, pattern: \"(((a{1000}){1000}){1000})\"}}}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\nspec: a\n"),
		manifest("a rule that costs without end", ended, crd("{type: object, properties: {spec: {type: array, items: {type: string}}}, x-kubernetes-validations: [{rule: \"self.spec.all(a, self.spec.all(b, self.spec.all(c, self.spec.all(d, a != b || c != d))))\"}]}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\nspec: ["+times(2_000, "a, ")+"b]\n"),
		manifest("a rule that is none", ended, crd("{type: object, x-kubernetes-validations: [{rule: \"self.(((\"}, {rule: 5}, {}]}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\n"),
		manifest("a rule of 500 kB", ended, crd("{type: object, x-kubernetes-validations: [{rule: \"true"+times(40_000, " && true || false")+"\"}]}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\n"),
		manifest("an enum of 100,000", ended, crd("{type: object, properties: {spec: {type: string, enum: ["+each(100_000, func(i int) string { return fmt.Sprintf("a%d,", i) })+"]}}}")+"---\napiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\nspec: b\n"),
		manifest("base64 in base64", ended, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: "+encoded(25, "password: x")+"}\n"),
		manifest("base64 of 5 MB", ended, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: "+encoded(1, times(4<<20, "k"))+"}\n"),
		manifest("JSON in a text, 50,000 deep", ended, configMap+"  a.json: '"+times(50_000, "[")+"'\n"),
		manifest("a docker configuration of depth", ended, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: "+encoded(1, times(20_000, `{"auths":`))+"}\n"),
		manifest("comments that accept, 50,000 times", ended, "# "+times(50_000, "kustoms:ignore x -- y ")+"\n"+configMap+"  a: b\n"),
		manifest("every tool's comments, none whole", ended, each(2_000, func(i int) string {
			return []string{"# kustoms:ignore\n", "# kustoms:ignore a -- \n", "# checkov:skip=\n", "#trivy:ignore:\n", "# kics-scan ignore-block\n", "# gitleaks:allow\n", "# kustoms:ignore x expires=9999-99-99 -- r\n"}[i%7]
		})+configMap+"  a: b\n"),
		manifest("annotations of all tools", ended, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations: {checkov.io/skip1: \"=\", ignore-check.kube-linter.io/: x, kube-score/ignore: \",,,\", polaris.fairwinds.com/-exempt: \"true\", kustoms.dev/ignore: \"[[[\"}\nspec: {containers: [{name: c, image: \"a b c\"}]}\n"),
		manifest("images that are none", ended, podStart+each(12, func(i int) string {
			return fmt.Sprintf("    - {name: c%d, image: %q}\n", i, []string{"", " ", "@", ":", "a@sha256:", "//", "a:b:c:d", "HTTP://x", "$(x)", "../../x", times(10_000, "a"), "a\x00b"}[i])
		})),
		manifest("probes and quantities that are none", ended, podStart+"    - {name: c, image: a, resources: {limits: {cpu: lots, memory: -1Gi, x: {}}, requests: []}, livenessProbe: 5, readinessProbe: {httpGet: x}, securityContext: [], env: {a: b}, args: {x: y}, command: 7}\n"),
		// Templates.
		template("includes itself", broken, `{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`),
		template("includes itself by another", broken, `{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ end }}{{ include "a" . }}`),
		template("tpl of itself", broken, `{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t "Template" .Template) }}`),
		template("tpl that doubles", broken, `{{ $s := "x" }}{{ range until 60 }}{{ $s = print $s $s }}{{ end }}{{ $s }}`),
		template("a loop of a billion", broken, `{{ range until 1000000000 }}{{ end }}`),
		template("loops in loops", broken, `{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}`),
		template("a billion blanks", broken, `a: {{ repeat 1000000000 " " }}`),
		template("a width of a billion", broken, `a: {{ printf "%1000000000d" 5 }}`),
		template("a width from an argument", broken, `a: {{ printf "%*d" 1000000000 5 }}`),
		template("an indent of a billion", broken, `a: {{ "x" | nindent 1000000000 }}`),
		template("a sequence without end", broken, `{{ seq 1 1000000000 }}`),
		template("steps of nothing", ended, `{{ untilStep 0 10 0 }}`),
		template("steps that run away", broken, `{{ untilStep 0 9000000000000000000 1 }}`),
		template("random text of a gigabyte", broken, `a: {{ randAlphaNum 1000000000 }}`),
		template("random bytes of a gigabyte", broken, `a: {{ randBytes 1000000000 }}`),
		template("100 MB of output", broken, `{{ range until 1000000 }}{{ "`+times(120, "y")+`" }}{{ end }}`),
		template("a value that holds itself", broken, `{{ $_ := set .Values "self" .Values }}{{ toYaml .Values }}`),
		template("a value that holds itself, as JSON", broken, `{{ $_ := set .Values "self" .Values }}{{ toJson .Values }}`),
		template("a value that holds itself, printed", broken, `{{ $_ := set .Values "self" .Values }}{{ .Values }}`),
		template("a value merged with itself", ended, `{{ $_ := set .Values "a" .Values }}{{ $m := mergeOverwrite .Values .Values }}`),
		template("a value that holds itself, compared", ended, `{{ $_ := set .Values "a" .Values }}{{ if deepEqual .Values .Values }}{{ end }}`),
		template("a value that holds itself, copied", broken, `{{ $_ := set .Values "a" .Values }}{{ $c := deepCopy .Values }}{{ $c }}`),
		template("a dictionary that doubles", broken, `{{ $d := dict "a" "b" }}{{ range until 50 }}{{ $d = dict "l" $d "r" $d }}{{ end }}{{ toYaml $d }}`),
		template("a list that doubles", broken, `{{ $d := list "a" }}{{ range until 40 }}{{ $d = concat $d $d }}{{ end }}{{ len $d }}`),
		template("a join that multiplies", broken, `{{ $s := repeat 100000 "x" }}{{ join $s (until 100000) }}`),
		template("a replacement that multiplies", broken, `{{ $s := repeat 1000000 "x" }}{{ replace "x" $s $s | len }}`),
		template("a pattern that backtracks", ended, `a: {{ regexMatch "^(a+)+$" (print (repeat 100000 "a") "!") }}`),
		template("a pattern of a billion", ended, `a: {{ regexMatch "((a{1000}){1000}){1000}" "a" }}`),
		template("keys without end", ended, `{{ range until 300 }}{{ $x := genPrivateKey "rsa" }}{{ end }}`),
		template("certificates without end", ended, `{{ range until 300 }}{{ $x := genCA "a" 365 }}{{ end }}`),
		template("passwords without end", ended, `{{ range until 300 }}{{ $x := htpasswd "a" "b" }}{{ $y := bcrypt "c" }}{{ end }}`),
		template("a derived password", ended, `{{ range until 50 }}{{ $x := derivePassword 1 "long" "p" "u" "s" }}{{ end }}`),
		template("fail", broken, `{{ fail "\x1b[2J]]><script>::error::" }}`),
		template("nothing there", broken, `{{ .Values.a.b.c.d }}`),
		template("no template", broken, `{{ if }}{{ end }`),
		template("an unknown function", broken, `{{ exec "touch pwned" }}`),
		template("ifs 5,000 deep", broken, times(5_000, "{{ if true }}")),
		template("ifs 5,000 deep, closed", ended, times(5_000, "{{ if true }}")+times(5_000, "{{ end }}")),
		template("parentheses 20,000 deep", broken, "{{ "+times(20_000, "(")+"1"+times(20_000, ")")+" }}"),
		template("a division by nothing", broken, `{{ div 1 0 }}`),
		template("an index out of range", broken, `{{ index (list 1) 99999999999 }}`),
		template("a substring out of range", ended, `{{ substr 5 -9999999 "abc" }}{{ trunc -9999999 "abc" }}{{ abbrev 4 "abcdefgh" }}`),
		template("a date of no format", ended, `{{ now | date (repeat 100000 "2006") | len }}`),
		template("YAML that is none", ended, `{{ fromYaml "a: [b" | toYaml }}{{ fromJson "{" | toYaml }}{{ fromYamlArray "x" | toYaml }}`),
		template("YAML of aliases that multiply", ended, `{{ fromYaml (.Files.Get "l.yaml") | toJson | len }}`),
		template("output that is binary", ended, `{{ "AAECAwQF/////w==" | b64dec }}`),
		template("output that is no YAML", broken, "a: b: c: d\n"),
		template("a name of all characters", ended, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ \"\\u202e]]><img src=x>\\u2028\" | quote }}}\n"),
		template("marks of the tracer's own", ended, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"\U0010fffd\uE000\uF8FF\ufffc\"}\n"),
		// Charts.
		chart("values of aliases that multiply", broken, map[string]string{"values.yaml": laughs()}),
		chart("values that are a list", broken, map[string]string{"values.yaml": "- a\n- b\n"}),
		chart("values of 15 MB", ended, map[string]string{"values.yaml": "a: " + times(15<<20, "x") + "\n"}),
		chart("values 5,000 deep", ended, map[string]string{"values.yaml": "a: " + times(5_000, "{a: ") + times(5_000, "}") + "\n"}),
		chart("no name", broken, map[string]string{"Chart.yaml": "apiVersion: v2\nversion: 1.0.0\n"}),
		chart("a name that climbs", broken, map[string]string{"Chart.yaml": "apiVersion: v2\nname: ../../x\nversion: 1.0.0\n"}),
		chart("no version", broken, map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nversion: \"a\\nb\"\n"}),
		chart("an API to come", ended, map[string]string{"Chart.yaml": "apiVersion: v9\nname: c\nversion: 1.0.0\n"}),
		chart("a Kubernetes to come", broken, map[string]string{"Chart.yaml": chartYAML + "kubeVersion: \">= 99.0.0\"\n"}),
		chart("a Kubernetes that is none", broken, map[string]string{"Chart.yaml": chartYAML + "kubeVersion: \"((((\"\n"}),
		chart("depends on itself", broken, map[string]string{"Chart.yaml": chartYAML + "dependencies: [{name: c, version: 1.0.0, repository: \"file://.\"}]\n"}),
		chart("depends on what depends on it", broken, map[string]string{"Chart.yaml": chartYAML + "dependencies: [{name: d, version: 1.0.0, repository: \"file://../d\"}]\n", "../d/Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.0.0\ndependencies: [{name: c, version: 1.0.0, repository: \"file://../c\"}]\n"}),
		chart("depends on what is outside", broken, map[string]string{"Chart.yaml": chartYAML + "dependencies: [{name: d, version: 1.0.0, repository: \"file://../../../../etc\"}]\n"}),
		chart("10,000 dependencies", broken, map[string]string{"Chart.yaml": chartYAML + "dependencies:\n" + each(2_000, func(i int) string {
			return fmt.Sprintf("- {name: d%d, version: 1.0.0, repository: \"https://example.com\"}\n", i)
		})}),
		chart("charts in charts, 30 deep", ended, func() map[string]string {
			m := map[string]string{}
			for i := 1; i <= 30; i++ {
				m[times(i, "charts/c/")+"Chart.yaml"] = chartYAML
			}
			return m
		}()),
		chart("a schema that refers to itself", ended, map[string]string{"values.schema.json": `{"$ref": "#"}`, "values.yaml": "a: b\n"}),
		chart("a schema on the network", ended, map[string]string{"values.schema.json": `{"properties": {"a": {"$ref": "https://attacker.example.com/x"}}}`, "values.yaml": "a: b\n"}),
		chart("a schema outside", ended, map[string]string{"values.schema.json": `{"$ref": "file:///etc/passwd"}`, "values.yaml": "a: b\n"}),
		chart("a schema that is none", broken, map[string]string{"values.schema.json": `{"type": `, "values.yaml": "a: b\n"}),
		chart("a schema 20,000 deep", broken, map[string]string{"values.schema.json": times(20_000, `{"not":`), "values.yaml": "a: b\n"}),
		chart("a schema with a pattern that backtracks", ended, map[string]string{"values.schema.json": `{"properties": {"a": {"pattern": "^(a+)+$"}}}`, "values.yaml": "a: " + times(50_000, "a") + "!\n"}),
		chart("what Helm ignores, broken", broken, map[string]string{".helmignore": "a**b[\n\\\n"}),
		chart("a definition that is none", ended, map[string]string{"crds/x.yaml": times(100, "{{ nothing }}\n")}),
		chart("a package that is none", broken, map[string]string{"charts/x-1.0.0.tgz": "PK\x03\x04"}),
		chart("a package cut short", broken, map[string]string{"charts/x-1.0.0.tgz": tgz(t, map[string]string{"x/Chart.yaml": times(1_000, "name: x\n")})[:80]}),
		chart("a package that climbs", broken, map[string]string{"charts/x-1.0.0.tgz": tgz(t, map[string]string{"../../x": "a", "/etc/x": "b"})}),
		chart("a package of a gigabyte of nothing", broken, map[string]string{"charts/x-1.0.0.tgz": bomb(t, 1024)}),
		chart("20,000 templates", ended, func() map[string]string {
			m := map[string]string{}
			for i := range 3_000 {
				m[fmt.Sprintf("templates/t%d.yaml", i)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", i)
			}
			return m
		}()),
		// Overlays.
		overlay("resources in a ring", broken, map[string]string{"kustomization.yaml": "resources: [../p]\n", "../p/kustomization.yaml": "resources: [../o]\n"}),
		overlay("itself", broken, map[string]string{"kustomization.yaml": "resources: [.]\n"}),
		overlay("outside", broken, map[string]string{"kustomization.yaml": "resources: [/etc/passwd, ../../../../etc]\n"}),
		overlay("10,000 that are not there", broken, map[string]string{"kustomization.yaml": "resources:\n" + each(10_000, func(i int) string { return fmt.Sprintf("- r%d.yaml\n", i) })}),
		overlay("one resource many times", broken, map[string]string{"kustomization.yaml": "resources:\n" + times(5_000, "- cm.yaml\n")}),
		overlay("copies that double", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n" + each(40, func(i int) string {
			return fmt.Sprintf("    - {op: copy, from: /data, path: /data/k%d}\n", i)
		})}),
		overlay("a patch that is none", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\npatches: [{patch: \"[[[\"}, {path: x}, 5]\n"}),
		overlay("a selector that is no pattern", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\npatches: [{target: {name: \"((((\"}, patch: \"[{op: remove, path: /data}]\"}]\n"}),
		overlay("a selector of a billion", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\npatches: [{target: {name: \"((a{1000}){1000}){1000}\"}, patch: \"[{op: remove, path: /data}]\"}]\n"}),
		overlay("replacements to nowhere", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nreplacements: [{source: {kind: Nobody}, targets: [{select: {kind: ConfigMap}, fieldPaths: [\"a.[b=c].[[\"]}]}]\n"}),
		overlay("a prefix of 2 MB", ended, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: " + times(2<<20, "p") + "\n"}),
		overlay("labels that are none", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nlabels: [{pairs: [x]}]\ncommonLabels: 5\n"}),
		overlay("a generator outside", broken, map[string]string{"kustomization.yaml": "configMapGenerator: [{name: a, files: [/etc/passwd, ../../../x], envs: [/proc/self/environ]}]\n"}),
		overlay("a plugin that runs", broken, map[string]string{"kustomization.yaml": "transformers: [x.yaml]\nresources: [cm.yaml]\n", "x.yaml": "apiVersion: x/v1\nkind: X\nmetadata: {name: x, annotations: {config.kubernetes.io/function: \"exec: {path: ./x.sh}\"}}\n"}),
		overlay("components in a ring", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\ncomponents: [../p]\n", "../p/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../p]\n"}),
		overlay("not YAML", broken, map[string]string{"kustomization.yaml": "resources: [\n"}),
		overlay("aliases that multiply", broken, map[string]string{"kustomization.yaml": laughs() + "resources: [cm.yaml]\n"}),
		overlay("fields of no kustomization", broken, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nexec: x\n"}),
		overlay("2,000 bases of one", ended, func() map[string]string {
			m := map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n"}
			for i := range 200 {
				m[fmt.Sprintf("../l%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../%s]\n", map[bool]string{true: "o", false: fmt.Sprintf("l%d", i-1)}[i == 0])
			}
			return m
		}()),
		// GitOps.
		{name: "gitops: an application of itself", codes: ended, files: map[string]string{"apps/a.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: \"https://git.example.com/all.git\", path: apps}}\n", ".git/config": "[remote \"origin\"]\n\turl = https://git.example.com/all.git\n"}},
		{name: "gitops: a set of a million", codes: ended, files: map[string]string{"apps/a.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  goTemplate: true\n  generators: [{matrix: {generators: [{list: {elements: [" + times(1_000, "{a: b},") + "]}}, {list: {elements: [" + times(1_000, "{c: d},") + "]}}]}}]\n  template: {metadata: {name: \"{{.a}}\"}, spec: {source: {repoURL: \"https://git.example.com/all.git\", path: \"apps\"}}}\n", ".git/config": "[remote \"origin\"]\n\turl = https://git.example.com/all.git\n"}},
		{name: "gitops: a set whose template runs", codes: ended, files: map[string]string{"apps/a.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  goTemplate: true\n  generators: [{list: {elements: [{a: b}]}}]\n  template: {metadata: {name: \"{{ range until 1000000000 }}x{{ end }}\"}, spec: {source: {repoURL: \"https://git.example.com/all.git\", path: \"{{ repeat 1000000000 .a }}\"}}}\n", ".git/config": "[remote \"origin\"]\n\turl = https://git.example.com/all.git\n"}},
		{name: "gitops: substitutions of themselves", codes: ended, files: map[string]string{"flux/k.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k, namespace: n}\nspec: {path: ./flux, sourceRef: {kind: GitRepository, name: s}, postBuild: {substitute: {a: \"${b}${b}\", b: \"${a}${a}\"}}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: s, namespace: n}\nspec: {url: \"https://git.example.com/all.git\"}\n", ".git/config": "[remote \"origin\"]\n\turl = https://git.example.com/all.git\n"}},
		// Configuration.
		configured("aliases that multiply", wrong, ".kustoms.yaml", laughs()),
		configured("not YAML", wrong, ".kustoms.yaml", "rules: [\n"),
		configured("invalid UTF-8", wrong, ".kustoms.yaml", "paths: [\xff]\n"),
		configured("unknown keys", wrong, ".kustoms.yaml", "rulez: {}\n"),
		configured("10,000 unknown rules", wrong, ".kustoms.yaml", "rules:\n"+each(10_000, func(i int) string { return fmt.Sprintf("  rule-%d: off\n", i) })),
		configured("the network", wrong, ".kustoms.yaml", "network: {allow: true}\n"),
		configured("paths outside", []int{2, 3}, ".kustoms.yaml", "paths: [/etc, ../../..]\n"),
		configured("charts outside", []int{2, 3}, ".kustoms.yaml", "targets: [{name: a, chart: ../../etc}]\n"),
		configured("a glob that backtracks", ended, ".kustoms.yaml", "exclude: [\""+times(30, "**/*a*/")+"b\"]\n"),
		configured("a glob that is none", wrong, ".kustoms.yaml", "exclude: [\"[[[\"]\n"),
		configured("a matrix of a billion", []int{2, 3}, ".kustoms.yaml", "matrix:\n- charts: [\"**\"]\n  environments:\n"+each(5_000, func(i int) string { return fmt.Sprintf("    e%d: {values: [x.yaml]}\n", i) })),
		configured("limits of nothing", wrong, ".kustoms.yaml", "limits: {maxFileSize: -1, renderTimeout: 0s}\n"),
		configured("limits without end", ended, ".kustoms.yaml", "limits: {maxFileSize: 999999GB}\n"),
		configured("an intent that is none", wrong, ".kustoms.yaml", "intents: [{only: {from: \"[[\", to: x}}, 5]\n"),
		configured("a suppression without end", ended, ".kustoms.yaml", "suppressions: [{rule: \"*\", expires: 99999-01-01}]\n"),
		configured("secrets: no TOML", wrong, ".gitleaks.toml", "[[[\n"),
		configured("secrets: a pattern that is none", wrong, ".gitleaks.toml", "[[rules]]\nid = \"x\"\nregex = '''(((('''\n"),
		configured("secrets: a pattern of a billion", wrong, ".gitleaks.toml", "[[rules]]\nid = \"x\"\nregex = '''((a{1000}){1000}){1000}'''\n"),
		configured("secrets: extends itself", wrong, ".gitleaks.toml", "[extend]\npath = \".gitleaks.toml\"\n"),
		configured("secrets: extends what is outside", wrong, ".gitleaks.toml", "[extend]\npath = \"/etc/passwd\"\n"),
		configured("secrets: what is ignored is binary", ended, ".gitleaksignore", times(10_000, "\x00\xff:\n")),
		configured("git's own file is none", ended, ".git/config", times(10_000, "[[[\n\x00")),
		// File systems.
		{name: "files: names of all characters", codes: ended, files: map[string]string{
			"a\nb.yaml": configMap, "\x1b[2J.yaml": configMap, "]]>.yaml": configMap, "::error::x.yaml": configMap, "<img src=x onerror=alert(1)>.yaml": configMap, "=cmd|x.yaml": configMap, "\u202egpj.yaml": configMap, "\xff\xfe.yaml": configMap, " .yaml": configMap, "-rf.yaml": configMap, "%s%n.yaml": configMap, "a\rb\tc.yaml": configMap,
		}},
		{name: "files: a name of 250 characters", codes: ended, files: map[string]string{times(250, "n") + ".yaml": configMap}},
		{name: "files: folders 400 deep", codes: ended, files: map[string]string{times(400, "d/") + "x.yaml": configMap}},
		{name: "files: 5,000 of them", codes: ended, files: func() map[string]string {
			m := map[string]string{}
			for i := range 5_000 {
				m[fmt.Sprintf("f%d/x.yaml", i%50)+fmt.Sprint(i)] = "a"
				m[fmt.Sprintf("f%d/%d.yaml", i%50, i)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", i)
			}
			return m
		}()},
		{name: "files: a large one", codes: broken, files: map[string]string{"big.yaml": configMap + times(3<<20, "  k: vvvv\n")}},
		{name: "files: a pipe", codes: ended, do: func(t *testing.T, dir string) bool {
			return syscall.Mkfifo(filepath.Join(dir, "x.yaml"), 0o600) == nil
		}},
		{name: "files: a pipe for configuration", codes: []int{2}, do: func(t *testing.T, dir string) bool {
			return syscall.Mkfifo(filepath.Join(dir, ".kustoms.yaml"), 0o600) == nil
		}},
		{name: "files: a pipe in a chart", codes: broken, files: map[string]string{"c/Chart.yaml": chartYAML}, do: func(t *testing.T, dir string) bool {
			return syscall.Mkfifo(filepath.Join(dir, "c", "values.yaml"), 0o600) == nil
		}},
		{name: "files: a device", codes: ended, do: func(t *testing.T, dir string) bool {
			return syscall.Mknod(filepath.Join(dir, "x.yaml"), syscall.S_IFCHR|0o600, 1<<8|5) == nil // zero
		}},
		{name: "files: a socket", codes: ended, do: func(t *testing.T, dir string) bool {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				return false
			}
			defer syscall.Close(fd)
			return syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(dir, "x.yaml")}) == nil
		}},
		{name: "files: a configuration that is a folder", codes: []int{2}, files: map[string]string{".kustoms.yaml/x": "a"}},
		{name: "files: links to each other, outside and to devices", codes: ended, do: links(map[string]string{"a.yaml": "b.yaml", "b.yaml": "a.yaml", "p.yaml": "/etc/passwd", "z.yaml": "/dev/zero", "up": "..", "self": ".", "root": "/", "proc.yaml": "/proc/self/environ", "c": "c/c/c"})},
		{name: "files: a chart that is a link to itself", codes: ended, files: map[string]string{"c/Chart.yaml": chartYAML}, do: links(map[string]string{"c/charts": "../c", "c/templates": "../c"})},
		{name: "files: a chart with a link outside", codes: broken, files: map[string]string{"c/Chart.yaml": chartYAML}, do: links(map[string]string{"c/templates": "/etc"})},
		{name: "files: a configuration that is a link outside", codes: []int{2}, do: links(map[string]string{".kustoms.yaml": "/etc/passwd"})},
		{name: "files: packages in packages", codes: ended, files: map[string]string{"x.tgz": func() string {
			s := tgz(t, map[string]string{"a": "password"})
			for range 12 {
				s = tgz(t, map[string]string{"a.tgz": s})
			}
			return s
		}()}},
		{name: "files: a package of a gigabyte of nothing", codes: ended, files: map[string]string{"x.tgz": bomb(t, 1024)}},
		{name: "files: a package of 60,000 members", codes: ended, files: map[string]string{"x.tgz": tgz(t, func() map[string]string {
			m := map[string]string{}
			for i := range 60_000 {
				m[fmt.Sprint(i)] = ""
			}
			return m
		}())}},
		{name: "files: texts that are nearly secrets", codes: ended, files: map[string]string{"a.txt": times(200_000, "password = "), "b.txt": times(100_000, "AKIA"), "c.txt": times(60_000, "-----BEGIN PRIVATE KEY-----\n"), "d.txt": times(1<<20, "a1B2") + "\n"}},
	}
	return all
}

func crd(schema string) string {
	return "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: X, plural: xs}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {openAPIV3Schema: " + schema + "}\n"
}

func links(to map[string]string) func(*testing.T, string) bool {
	return func(t *testing.T, dir string) bool {
		for link, target := range to {
			if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
				return false
			}
		}
		return true
	}
}

// TestCollection scans each hostile repository in a process of its own: it
// ends in time, with a code that says what is so, within its memory, and every
// report is whole.
func TestCollection(t *testing.T) {
	all := collection(t)
	if len(all) < 150 {
		t.Fatalf("only %d cases", len(all))
	}
	base := t.TempDir()
	program := filepath.Join(base, "kustoms")
	if err := os.Symlink(self(t), program); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i, h := range all {
		if names[h.name] {
			t.Fatalf("two cases are called %q", h.name)
		}
		names[h.name] = true
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			// A flag's value takes no comma, which these names have.
			dir, out := filepath.Join(base, fmt.Sprint("in", i)), filepath.Join(base, fmt.Sprint("out", i))
			if err := os.Mkdir(out, 0o700); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			put(t, dir, map[string]string{"fine.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\n"})
			put(t, dir, h.files)
			if h.do != nil && !h.do(t, dir) {
				t.Skip("cannot be made here")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			args := []string{"scan", dir, "--root", dir, "--render-timeout", "5s", "--quiet", "--fail-on", "none"}
			formats := []string{"json", "sarif", "junit", "html", "gitlab-codequality", "gitlab-sast", "csv", "markdown"}
			for _, f := range formats {
				args = append(args, "--report", f+"="+filepath.Join(out, f))
			}
			cmd := exec.CommandContext(ctx, program, args...)
			said, _ := cmd.CombinedOutput()
			code := cmd.ProcessState.ExitCode()
			if ctx.Err() != nil {
				t.Fatalf("it does not end\n%.2000s", said)
			}
			if !slices.Contains(h.codes, code) {
				t.Errorf("ended with %d, want one of %v\n%.2000s", code, h.codes, said)
			}
			for _, bad := range []string{"internal fault", "panic", "goroutine ", "fault of kustoms"} {
				if strings.Contains(string(said), bad) {
					t.Errorf("it broke\n%.3000s", said)
				}
			}
			if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && u.Maxrss > 1<<20 { // in kB
				t.Errorf("it took %d MB", u.Maxrss>>10)
			}
			for _, f := range formats {
				data, err := os.ReadFile(filepath.Join(out, f))
				switch {
				case code == 2:
				case err != nil:
					t.Error(err)
				case f == "junit":
					if err := wellFormed(data); err != nil {
						t.Errorf("%s: %v", f, err)
					}
				case (f == "json" || f == "sarif" || strings.HasPrefix(f, "gitlab")) && !json.Valid(data):
					t.Errorf("%s is no JSON", f)
				case strings.Contains(string(data), "internal fault") || strings.Contains(string(data), "fault of kustoms"):
					t.Errorf("%s tells of a fault of ours", f)
				case len(data) == 0:
					t.Errorf("%s is empty", f)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Error("a program of the repository ran")
			}
		})
	}
}

func wellFormed(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
