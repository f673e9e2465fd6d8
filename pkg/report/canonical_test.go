package report

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// canonical is a report that holds one of everything that a writer must get
// right: all severities, suppressed, known and fixed findings, findings seen
// in several targets, chains from values to the rendered line, related places,
// failed and skipped stages, odd paths, and strings made to break out.
func canonical() *result.Report {
	r := &result.Report{
		Schema: result.SchemaVersion,
		Tool:   result.Tool{Name: "kustoms", Version: "0.1.0"},
		Gate:   result.Gate{FailOn: "high"},
		Coverage: coverage([]result.FileCoverage{
			{Path: "charts/shop/templates/web.yaml", Lines: 40, Rendered: 40},
			{Path: "charts/shop/templates/hpa.yaml", Lines: 12, Missing: []result.LineRange{{From: 2, To: 15}}},
			{Path: "charts/shop/templates/" + hostile("file"), Lines: 8, Rendered: 6, Missing: []result.LineRange{{From: 3, To: 3}, {From: 7, To: 7}}},
		}),
		Rules: []result.Rule{
			{ID: "CVE-2026-1000", Family: "vulnerability", Analyzer: "images", Title: "Buffer overflow in libexample", Severity: result.Critical,
				Why: "A long name overwrites memory.", Standards: []string{"CWE-120"}},
			{ID: "GHSA-aaaa-bbbb-cccc", Family: "vulnerability", Analyzer: "images", Title: hostile("advisory"), Severity: result.Medium},
			{ID: "allow-privilege-escalation", Family: "pod", Analyzer: "rules", Title: "Privilege escalation is allowed", Severity: result.Medium, Since: "0.1",
				Why: "A process may gain more rights than its parent, through a setuid binary for one.",
				Fix: "Set `allowPrivilegeEscalation: false`.", Standards: []string{"CIS 5.2.6", "CWE-269"}},
			{ID: "image-tag-mutable", Family: "image", Analyzer: "rules", Title: "Image tag can move", Severity: result.Medium,
				Why: "What is tested is not what runs:\n\tthe tag may name another image tomorrow.",
				Fix: "Pin the image by digest."},
			{ID: "insecure-transport", Family: "ingress", Analyzer: "rules", Title: "Ingress serves plain HTTP", Severity: result.Low,
				Why: "Anyone on the path reads and changes what is sent.", Fix: "Add a `tls` section.",
				Standards: []string{"NSA encryption", "CWE-319"}},
			{ID: "leaked-aws-key", Family: "secret", Analyzer: "secrets", Title: "AWS access key in the repository", Severity: result.Critical,
				Why: "Whoever reads the repository can use the key.", Fix: "Revoke the key, then take it out of the history.",
				Standards: []string{"CWE-798"}, Refs: []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"}},
			{ID: "our-policy", Family: "policy", Analyzer: "policy", Title: hostile("rule title"), Severity: result.Info,
				Why: hostile("why"), Fix: hostile("fix"), Refs: []string{"javascript:alert(1)", "https://example.com/a b"}},
			{ID: "privileged-container", Family: "pod", Analyzer: "rules", Title: "Container is privileged", Severity: result.Critical,
				Why:       "A privileged container has every capability and sees all devices of its node: leaving it is one command.",
				Fix:       "Remove `privileged: true`; add the one capability that is needed.",
				Standards: []string{"CIS 5.2.2", "NSA pod-security", "PSS baseline privileged", "CWE-250"},
				Peers:     map[string][]string{"checkov": {"CKV_K8S_16"}, "trivy": {"KSV-0017"}}, Aliases: []string{"privileged"}},
			{ID: "run-as-non-root", Family: "pod", Analyzer: "rules", Title: "Container may run as root", Severity: result.High,
				Why: "A process that escapes as root is root on the node.", Fix: "Set `runAsNonRoot: true`.",
				Standards: []string{"CIS 5.2.7", "CWE-250"}},
			{ID: "wildcard-rule", Family: "rbac", Analyzer: "rules", Title: "Role allows every verb", Severity: result.High,
				Why: "Verbs added later are granted too.", Fix: "List the verbs.", Standards: []string{"CIS 5.1.3", "CWE-269"}},
		},
		Targets: []result.Target{
			{Name: "charts/broken", Kind: result.KindHelm, Path: "charts/broken", Status: result.Failed,
				Reason: `charts/broken/templates/deploy.yaml:7: function "tpl2" not defined`},
			{Name: "charts/shop@prod.eu", Kind: result.KindHelm, Path: "charts/shop", Status: result.OK, Objects: 12,
				Helm: &result.Helm{ValueFiles: []string{"charts/shop/values-prod.yaml"}, Release: "shop", Namespace: "shop"},
				Images: []result.Image{{Ref: "nginx:latest", Object: web(), Container: "web", Loc: at("charts/shop/templates/web.yaml", 31, 18, 44)},
					{Ref: "ghcr.io/shop/api@sha256:0123", Object: web(), Container: "api", Loc: at("charts/shop/templates/web.yaml", 44, 18, 44)}}},
			{Name: "charts/shop@staging", Kind: result.KindHelm, Path: "charts/shop", Status: result.OK, Objects: 12},
			{Name: "files", Kind: result.KindFiles, Path: ".", Files: []string{"README.md", "deploy/aws.env"}, Status: result.OK},
			{Name: "manifests", Kind: result.KindPlain, Path: "manifests", Files: []string{"manifests/прод/роль.yaml"}, Status: result.OK, Objects: 3},
			{Name: "overlays/remote", Kind: result.KindKustomize, Path: "overlays/remote", Status: result.Skipped,
				Reason: "needs https://example.com/base: the network is not used"},
		},
		Stages: []result.Stage{
			{Name: "images", Status: result.Skipped, Reason: "no vulnerability database is configured", Hint: "pass --images"},
			{Name: "render", Target: "charts/broken", Status: result.Failed, Reason: `charts/broken/templates/deploy.yaml:7: function "tpl2" not defined`,
				Hint: "the chart may need a newer Helm", At: source.LineSpan("charts/broken/templates/deploy.yaml", 7)},
			{Name: "render", Target: "overlays/remote", Status: result.Skipped, Reason: "needs https://example.com/base: the network is not used"},
			{Name: "rules", Target: "charts/shop@prod.eu", Status: result.Failed, Reason: hostile("a rule broke")},
		},
	}
	for _, t := range []string{"charts/shop@prod.eu", "charts/shop@staging", "files", "manifests"} {
		for _, s := range []string{"policy", "render", "rules", "secrets"} {
			r.Stages = append(r.Stages, result.Stage{Name: s, Target: t, Status: result.OK})
		}
	}
	high := result.High
	r.Graphs = []result.Graph{{
		Title: "Who may reach whom",
		Nodes: []result.GraphNode{{ID: "out", Label: "anywhere"}, {ID: "web", Label: "Deployment/shop/web", Severity: &high}, {ID: "api", Label: "Deployment/shop/api"}, {ID: "evil", Label: hostile("node")}},
		Edges: []result.GraphEdge{{From: "out", To: "web", Label: "Ingress/shop/shop"}, {From: "web", To: "api", Label: "TCP 8080"}, {From: "api", To: "web"}, {From: "api", To: "evil", Label: hostile("edge")}, {From: "api", To: "nobody"}},
	}}
	r.MorePaths = 2
	r.AttackPaths = []result.AttackPath{{
		Severity: result.Critical, Title: `from outside to the node over deployment "shop/web"`, Goal: "the node", Targets: []string{"charts/shop@prod.eu", "charts/shop@staging"},
		Steps: []result.AttackStep{
			{Kind: result.StepExposed, Object: web(), Message: `deployment "shop/web" answers on https://shop.example.org`,
				Places: []result.Related{{Location: at("charts/shop/templates/ingress.yaml", 12, 1, 5), Message: `ingress "shop" sends it to service "web"`}}},
			{Kind: result.StepReaches, Object: web(), Message: hostile("step"), Places: []result.Related{{Location: at(hostile("path"), 1, 0, 0), Message: hostile("place")}}},
			{Kind: result.StepPower, Object: web(), Message: `container "web" is privileged: it can take over its node`, Places: []result.Related{{Location: at("charts/shop/values-prod.yaml", 12, 15, 19), Message: "privileged-container"}}},
		},
	}, {Severity: result.High, Title: hostile("title"), Goal: hostile("goal"), Targets: []string{hostile("target")}, Steps: []result.AttackStep{{Kind: result.StepKind(hostile("kind")), Message: "x"}}}}
	r.Findings = canonicalFindings()
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Fix == "" {
			f.Fix = r.Rule(f.Rule).Fix
		}
		f.Fingerprint = result.Fingerprint(f.Rule, f.Object, f.Field, fmt.Sprint(i))
	}
	return r
}

func canonicalFindings() []result.Finding {
	both := []string{"charts/shop@prod.eu", "charts/shop@staging"}
	chain := result.Location{
		Primary:  span("charts/shop/values-prod.yaml", 12, 15, 19),
		Rendered: span("charts/shop@prod.eu", 44, 25, 29),
		Exact:    true,
		Chain: []result.Origin{
			{Span: span("charts/shop/values-prod.yaml", 12, 15, 19), Role: result.RoleValues, Key: "web.privileged"},
			{Span: span("charts/shop/templates/_helpers.tpl", 20, 0, 0), Role: result.RoleTemplate},
			{Span: span("charts/shop/templates/web.yaml", 33, 0, 0), Role: result.RoleInclude},
		},
	}
	score := result.CVSS{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Source: "nvd"}
	epss, kev := 0.0421, true
	overflow := func(ref string) *result.Vulnerability {
		return &result.Vulnerability{
			ID: "CVE-2026-1000", Aliases: []string{"DSA-9000-1"}, Title: "Buffer overflow in libexample", Details: "A long name overwrites memory.\n\nUpgrade.",
			Rating: result.RatedCritical, RatedBy: "cvss", CVSS: []result.CVSS{score}, EPSS: &epss, KEV: &kev, Published: "2026-05-01T00:00:00Z", Modified: "2026-06-01T12:00:00Z",
			Refs:  []string{"https://example.com/advisory", "javascript:alert(1)"},
			Image: result.ImageID{Ref: ref, Digest: "sha256:0123", Platform: "linux/amd64", OS: "Debian GNU/Linux 12 (bookworm)"},
			Packages: []result.AffectedPackage{
				{Name: "libexample1", Installed: "1.0-1", Fixed: "1.0-2", Ecosystem: "Debian:12", PURL: "pkg:deb/debian/libexample1@1.0-1?distro=bookworm", Source: "libexample", SourceVersion: "1.0-1"},
				{Name: "libexample-dev", Installed: "1.0-1", Ecosystem: "Debian:12", Layer: result.Layer{Index: 2, Base: true}},
			},
		}
	}
	role := result.Key{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "ops"}
	return []result.Finding{
		{Rule: "CVE-2026-1000", Severity: result.Critical, Message: "image nginx:latest has CVE-2026-1000 in libexample1 1.0-1", Fix: "upgrade libexample1 to 1.0-2",
			Object: web(), Container: "web", Loc: at("charts/shop/templates/web.yaml", 31, 18, 44), Targets: both, Vulnerability: overflow("nginx:latest")},
		{Rule: "CVE-2026-1000", Severity: result.Critical, Message: "image ghcr.io/shop/api has CVE-2026-1000 in libexample1 1.0-1", Fix: "upgrade libexample1 to 1.0-2",
			Object: web(), Container: "api", Loc: at("charts/shop/templates/web.yaml", 44, 18, 44), Targets: both, Vulnerability: overflow("ghcr.io/shop/api@sha256:0123"),
			Suppressed: &result.Suppression{Kind: "vex", Reason: "the vulnerable code is not in the execute path"}},
		{Rule: "GHSA-aaaa-bbbb-cccc", Severity: result.Medium, Message: hostile("vulnerability"), Object: web(), Container: "web", Loc: at("charts/shop/templates/web.yaml", 31, 18, 44), Targets: both,
			Vulnerability: &result.Vulnerability{ID: "GHSA-aaaa-bbbb-cccc", Aliases: []string{hostile("alias")}, Title: hostile("title"), Details: hostile("details"), Rating: result.RatedUnknown, Refs: []string{hostile("ref")},
				Image:    result.ImageID{Ref: hostile("image"), OS: hostile("os"), Platform: hostile("platform")},
				Packages: []result.AffectedPackage{{Name: hostile("package"), Installed: hostile("version"), Fixed: hostile("fixed"), Path: hostile("path")}}}},
		{Rule: "leaked-aws-key", Severity: result.Critical, Message: "an AWS access key stands in a file: whoever reads the repository can use it",
			Loc: at("deploy/aws.env", 3, 19, 39), Targets: []string{"files"},
			Excerpt: &result.Excerpt{First: 2, Lines: []string{"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=********************", "# end"}}},
		{Rule: "privileged-container", Severity: result.Critical, Message: `container "web" is privileged: it can take over its node`,
			Object: web(), Container: "web", Field: "spec.template.spec.containers[0].securityContext.privileged", Loc: chain, Targets: both,
			Excerpt:  &result.Excerpt{First: 11, Lines: []string{"web:", "  privileged: true # for tcpdump", "  replicas: 2"}},
			Baseline: result.BaselineNew,
			Edits: []result.Edit{
				{Span: span("charts/shop/values-prod.yaml", 12, 15, 19), Text: "false"},
				{Span: source.Span{Path: "charts/shop/values-prod.yaml", Start: source.Pos{Line: 13, Col: 1}, End: source.Pos{Line: 14, Col: 1}}},
			},
			Related: []result.Related{
				{Location: at("charts/shop/templates/web.yaml", 33, 0, 0), Message: "the container [web] that it is set on"},
				{Location: at("charts/shop/values.yaml", 9, 3, 20), Message: "the chart's own default is false"},
			}},
		{Rule: "run-as-non-root", Severity: result.High, Lifted: &result.Lift{From: result.Medium, Goal: "the node"}, Message: `container "api" may run as root: nothing demands another user (raised from medium: a step of an attack path to the node)`,
			Object: web(), Container: "api", Field: "spec.template.spec.containers[1].securityContext.runAsNonRoot",
			Loc: result.Location{Primary: source.LineSpan("charts/shop/templates/web.yaml", 40)}, Targets: []string{"charts/shop@staging"},
			Excerpt: &result.Excerpt{First: 39, Lines: []string{"        {{- if .Values.api.enabled }}", "        - name: api", "          image: {{ .Values.api.image }}"}}},
		{Rule: "wildcard-rule", Severity: result.High, Message: `ClusterRole "ops" allows every verb on pods`, Object: role, Field: "rules[0].verbs",
			Loc: at("manifests/прод/роль.yaml", 8, 12, 17), Targets: []string{"manifests"},
			Excerpt: &result.Excerpt{First: 7, Lines: []string{"  - resources: [\"поды\", \"箱\"]", "    verbs: [\"*\"] # всё", "    apiGroups: [\"\"]"}}},
		{Rule: "wildcard-rule", Severity: result.High, Message: `ClusterRole "legacy" allows every verb on secrets`,
			Object: result.Key{APIVersion: role.APIVersion, Kind: "ClusterRole", Name: "legacy"}, Field: "rules[0].verbs",
			Loc: at("manifests/прод/роль.yaml", 21, 12, 17), Targets: []string{"manifests"},
			Suppressed: &result.Suppression{Kind: "comment", Reason: "moves out in Q3, see OPS-7", Owner: "ops", Expires: "2027-03-01", From: source.LineSpan("manifests/прод/роль.yaml", 20)}},
		{Rule: "wildcard-rule", Severity: result.High, Message: `ClusterRole "old" allows every verb on jobs`,
			Object: result.Key{APIVersion: role.APIVersion, Kind: "ClusterRole", Name: "old"}, Field: "rules[0].verbs",
			Loc: at("manifests/прод/роль.yaml", 30, 12, 17), Targets: []string{"manifests"}, Baseline: result.BaselineUnchanged},
		{Rule: "wildcard-rule", Severity: result.High, Message: `ClusterRole "gone" allows every verb on jobs`,
			Object: result.Key{APIVersion: role.APIVersion, Kind: "ClusterRole", Name: "gone"}, Field: "rules[0].verbs",
			Loc: at("manifests/gone.yaml", 3, 12, 17), Baseline: result.BaselineAbsent},
		{Rule: "allow-privilege-escalation", Severity: result.Medium, Message: `container "web" may gain rights`, Object: web(), Container: "web",
			Field: "spec.template.spec.containers[0].securityContext", Loc: at("charts/shop/templates/web.yaml", 31, 9, 0), Targets: both,
			Excerpt: &result.Excerpt{First: 30, Lines: []string{"      containers:", "\t- name: web\t# tabs", strings.Repeat("          very long line ", 12)}}},
		{Rule: "image-tag-mutable", Severity: result.Medium, Message: `image "nginx:latest" can change under the same name`, Object: web(), Container: "web",
			Field: "spec.template.spec.containers[0].image", Loc: at("dir with space/a%b#c?:x.yaml", 5, 18, 30), Targets: both},
		{Rule: "insecure-transport", Severity: result.Low, Message: `Ingress "shop" has no TLS: passwords travel in clear`,
			Object: result.Key{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "shop", Name: "shop"}, Field: "spec.tls",
			Loc: at("charts/shop/templates/ingress.yaml", 12, 1, 5), Targets: both},
		{Rule: "our-policy", Severity: result.Info, Message: hostile("message"), Fix: hostile("fix"),
			Object: result.Key{APIVersion: "v1", Kind: hostile("Kind"), Namespace: hostile("ns"), Name: hostile("name")},
			Field:  hostile("field"), Container: hostile("container"), Targets: []string{"manifests"},
			Loc:     at("manifests/"+hostile("path")+".yaml", 1, 1, 9),
			Related: []result.Related{{Location: at("manifests/x.yaml", 1, 0, 0), Message: hostile("related")}},
			Excerpt: &result.Excerpt{First: 1, Lines: strings.Split(hostile("excerpt"), "\n")}},
	}
}

// hostile is a string that tries every way out of the formats.
func hostile(name string) string {
	return "=" + name + `<script>alert(1)</script><img src=x onerror=alert(1)>"'` + "`" +
		"]]><!-- --> [click](https://evil.example/) ![x](https://evil.example/x.png) @octocat #1 !2 www.evil.example | x | \\ %0A" +
		"\n::error file=x::injected\n##[group]injected\n/close\n\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07\r\x1b[0Ksection_start:1:x\r\x1b[0K" +
		"\n[[ATTACHMENT|/etc/passwd]] {{ 7*7 }} ${7*7} \u202eevil\u202c\u200b\x00\ufffe"
}

func web() result.Key {
	return result.Key{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}
}

func span(path string, line, from, to int) source.Span {
	s := source.Span{Path: path, Start: source.Pos{Line: line, Col: from}}
	if to > 0 {
		s.End = source.Pos{Line: line, Col: to}
	}
	return s
}

func at(path string, line, from, to int) result.Location {
	return result.Location{Primary: span(path, line, from, to), Exact: true}
}

// empty is the report of a run over a repository that is clean.
func empty() *result.Report {
	return &result.Report{
		Schema: result.SchemaVersion, Tool: result.Tool{Name: "kustoms", Version: "0.1.0"}, Gate: result.Gate{FailOn: "high"},
		Rules:   []result.Rule{{ID: "run-as-non-root", Family: "pod", Analyzer: "rules", Title: "Container may run as root", Severity: result.High, Why: "A process that escapes as root is root on the node.", Fix: "Set `runAsNonRoot: true`."}},
		Targets: []result.Target{{Name: "manifests", Kind: result.KindPlain, Path: "manifests", Status: result.OK, Objects: 1}},
		Stages:  []result.Stage{{Name: "render", Target: "manifests", Status: result.OK}, {Name: "rules", Target: "manifests", Status: result.OK}},
	}
}

// monorepo is made once: writers change nothing.
var monorepo = sync.OnceValue(func() *result.Report { return large(30_000) })

// large is a report with n findings, as a monorepo of charts gives.
func large(n int) *result.Report {
	r := canonical()
	base := r.Findings
	r.Findings = nil
	for i := range n {
		f := base[i%len(base)]
		f.Message = fmt.Sprintf("%s (%d)", f.Message, i)
		f.Loc.Primary.Path = fmt.Sprintf("charts/c%d/%s", i%400, f.Loc.Primary.Path)
		f.Loc.Primary.Start.Line += i % 300
		f.Loc.Primary.End = source.Pos{}
		f.Object.Name = fmt.Sprintf("%s-%d", f.Object.Name, i)
		f.Fingerprint = result.Fingerprint(f.Rule, f.Object, f.Field, fmt.Sprint(i))
		r.Findings = append(r.Findings, f)
	}
	return r
}

// coverage sums up files.
func coverage(files []result.FileCoverage) *result.Coverage {
	c := &result.Coverage{Files: files}
	for _, f := range files {
		c.Lines += f.Lines
		c.Rendered += f.Rendered
	}
	slices.SortFunc(c.Files, func(a, b result.FileCoverage) int { return strings.Compare(a.Path, b.Path) })
	return c
}
