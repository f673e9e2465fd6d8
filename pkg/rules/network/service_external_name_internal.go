package network

import (
	"net/netip"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceExternalNameInternal reports Services that stand for an internal name.
var ServiceExternalNameInternal = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-external-name-internal", Severity: result.Medium, Since: "0.1",
		Title: "Service leads to an internal name",
		Why: `A route may name any Service of its namespace. One of type ExternalName that
points at localhost, another namespace's Service or a cloud's metadata server
makes the ingress controller publish it, past the boundary of the namespace.`,
		Fix: "point externalName at a name outside the cluster, or route to the Service itself",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#externalname",
			"https://github.com/kubernetes/kubernetes/issues/103675",
		},
	},
	On: rule.Kinds("", "Service"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("spec", "externalName")
		if o.At("spec", "type").Str() == "ExternalName" && internalName(at.Str()) {
			p.Report(at, "%s leads to %q: a route to it publishes what is meant to stay inside", o, at.Str())
		}
	},
}

// internalName reports whether a name is the host itself, in the cluster or a
// cloud's metadata server.
func internalName(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	switch name {
	case "localhost", "metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal", "100.100.100.200", "fd00:ec2::254":
		return true
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.IsLoopback() || addr.IsLinkLocalUnicast()
	}
	return strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".localdomain") ||
		strings.HasSuffix(name, ".svc") || strings.HasSuffix(name, ".cluster.local")
}
