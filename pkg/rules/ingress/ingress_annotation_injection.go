package ingress

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressAnnotationInjection reports values that end a directive of nginx and
// start another.
var IngressAnnotationInjection = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-annotation-injection", Severity: result.Critical, Since: "0.1",
		Title: "Ingress injects nginx configuration",
		Why: `ingress-nginx writes these values into its configuration. One with a line
break, brace, quote or semicolon ends the directive and starts another: code in
the controller, which by default reads every Secret of the cluster (CVE-2025-1097,
CVE-2025-1098, CVE-2025-24514, CVE-2026-24512).`,
		Fix: "write a plain URL, host, name or path, and update the controller",
		Refs: []string{
			"https://github.com/kubernetes/kubernetes/issues/131006",
			"https://github.com/kubernetes/kubernetes/issues/131007",
			"https://github.com/kubernetes/kubernetes/issues/131008",
			"https://github.com/kubernetes/kubernetes/issues/136678",
		},
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if !nginxClass(o) {
			return
		}
		for _, name := range [...]string{"auth-url", "auth-tls-match-cn", "mirror-target", "mirror-host", "rewrite-target"} {
			text := strings.TrimRight(nginx(o, name).Str(), "\n") // of a block scalar
			breaks := injects.MatchString(text)
			if name != "auth-tls-match-cn" { // which is a regular expression
				breaks = breaks || noAddress.MatchString(text)
			}
			if breaks {
				p.Report(nginx(o, name), "annotation %q of %s holds characters that end a directive of nginx: what follows becomes configuration of the controller", name, o)
			}
		}
		for r := range o.At("spec", "rules").Items() {
			for path := range r.At("http", "paths").Items() {
				at := path.At("path")
				if injects.MatchString(repetition.ReplaceAllString(at.Str(), "")) {
					p.Report(at, "a path of %s holds characters that end a directive of nginx: what follows becomes configuration of the controller", o)
				}
			}
		}
	},
}

var (
	injects = regexp.MustCompile("[\\r\\n{}\"'`#;]")
	// noAddress are characters of no URL or host that break out all the same.
	noAddress  = regexp.MustCompile(`[\s|<>\\^]`)
	repetition = regexp.MustCompile(`\{\d+(?:,\d*)?\}`) // in a regular expression
)
