package ingress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// BackendParams are the parameters of route-backend-missing.
type BackendParams struct {
	// Existing are names of Services, or namespace/name, that exist though no
	// target holds them.
	Existing []string `yaml:"existing"`
}

// RouteBackendMissing reports routes to Services or ports that are not there.
var RouteBackendMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "route-backend-missing", Severity: result.Medium, Since: "0.1",
		Title: "Route leads to a Service that is not there",
		Why: `The controller answers each request with an error, and some refuse the whole
route. Whoever may create a Service of the name receives the requests.`,
		Fix: "name a Service of the namespace and one of its ports, or add the ReferenceGrant",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend",
			"https://gateway-api.sigs.k8s.io/reference/api-types/referencegrant/",
		},
	},
	Params: func() any { return &BackendParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Objects {
			for _, b := range route.Backends(p.Index, o) {
				checkBackend(p, o, b)
			}
		}
	},
}

func checkBackend(p *rule.Pass, o *manifest.Object, b route.Backend) {
	existing := p.Params.(*BackendParams).Existing
	if slices.Contains(existing, b.Name) || slices.Contains(existing, b.Namespace+"/"+b.Name) || !p.Index.Owns(b.Namespace) {
		return
	}
	service := p.Index.Get("", "Service", b.Namespace, b.Name)
	if service == nil {
		// Operators and Knative make Services of their resource's name.
		if p.Index.OperatorNames(b.Namespace, b.Name) {
			return
		}
		p.Add(rule.Problem{
			At: b.At, Missing: result.Key{APIVersion: "v1", Kind: "Service", Namespace: b.Namespace, Name: b.Name},
			Message: fmt.Sprintf("%s sends requests to service %q, which is not in namespace %q: they end in an error", o, b.Name, b.Namespace),
		})
		return
	}
	if o.Key.Group() == gatewayGroup && b.Namespace != p.Index.Namespace(o) && !route.Granted(p.Index, o, b) {
		p.Report(b.At, "%s sends requests to service %q of namespace %q, and no ReferenceGrant there allows it: they end in an error", o, b.Name, b.Namespace)
		return
	}
	if b.Port.Str() == "" || b.Port.Str() == "use-annotation" || service.At("spec", "ports").Len() == 0 {
		return
	}
	var ports []string
	for port := range service.At("spec", "ports").Items() {
		if b.Port.Str() == port.At("port").Str() || b.Port.Str() == port.At("name").Str() {
			return
		}
		ports = append(ports, port.At("port").Str())
	}
	p.Add(rule.Problem{
		At:      b.Port,
		Message: fmt.Sprintf("%s sends requests to port %s of service %q, which has %s: they end in an error", o, b.Port.Str(), b.Name, strings.Join(ports, ", ")),
		Related: []result.Related{rule.See(service.At("spec", "ports"), "the Service's ports")},
	})
}
