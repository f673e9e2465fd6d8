package ingress

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressDefaultBackendCatchesAll reports Ingresses that take every request.
var IngressDefaultBackendCatchesAll = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-default-backend-catches-all", Severity: result.Low, Since: "0.1",
		Title: "Ingress takes every request",
		Why: `A default backend, or one rule for every host and path, answers for names that
nobody meant: scanners by address, hosts of others whose route is missing, and
paths that should have ended in an error.`,
		Fix: "give each rule a host and the paths that the application serves",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#default-backend",
		},
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, name := range [...]string{"defaultBackend", "backend"} {
			if at := o.At("spec", name); at.Exists() {
				p.Report(at, "%s has a default backend: it answers every request that no rule takes", o)
				return
			}
		}
		rules := o.At("spec", "rules")
		only := rules.At(0)
		paths := only.At("http", "paths")
		if rules.Len() != 1 || !anyName(only.At("host").Str()) || paths.Len() != 1 {
			return
		}
		path := paths.At(0)
		if at := path.At("path"); (at.Str() == "" || at.Str() == "/" || at.Str() == "/*") && path.At("pathType").Str() != "Exact" {
			p.Report(at, "%s sends every path of every host to one backend: it answers for names that nobody meant", o)
		}
	},
}

// anyName reports whether a host stands for every name.
func anyName(host string) bool { return host == "" || host == "*" }
