package schema

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LabelValueInvalid reports names, labels and annotations that the API server
// refuses.
var LabelValueInvalid = &rule.Rule{
	Meta: rule.Meta{
		ID: "label-value-invalid", Severity: result.High, Since: "0.1",
		Title: "Name, label or annotation key is invalid",
		Why: `The API server refuses the object. Labels hold at most 63 letters, digits, "-",
"_" and ".", names at most 253 in lower case; a chart that prints a branch or a
version into one breaks with the next long or odd value.`,
		Fix: "shorten it or replace the characters, in a template with trunc 63 and trimSuffix",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		checkMetadata(p, o, o.At("metadata"))
		if pod, ok := o.Pod(); ok && pod.Template.Path() != "" {
			checkMetadata(p, o, pod.Template.At("metadata"))
		}
		if at := o.At("metadata", "namespace"); at.Str() != "" && !labelName.MatchString(at.Str()) {
			p.Report(at, "namespace %q of %s is no valid name: the API server refuses the object", at.Str(), o)
		}
		if at := o.At("metadata", "name"); at.Str() != "" && !validName(o, at.Str()) {
			p.Report(at, "name %q of %s is no valid name: the API server refuses it", at.Str(), strings.ToLower(o.Key.Kind))
		}
	},
}

var (
	qualified = atMost63{regexp.MustCompile(`^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)}
	subdomain = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$`)
	labelName = atMost63{regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$`)}
	service   = atMost63{regexp.MustCompile(`^[a-z](?:[-a-z0-9]*[a-z0-9])?$`)}
	segment   = regexp.MustCompile(`^[^/%]+$`)
)

// atMost63 is an expression for names of at most 63 characters. Told by
// repetition, {0,61}, it would take ten times longer.
type atMost63 struct{ re *regexp.Regexp }

// MatchString reports whether s is such a name.
func (m atMost63) MatchString(s string) bool { return len(s) <= 63 && m.re.MatchString(s) }

func checkMetadata(p *rule.Pass, o *manifest.Object, metadata manifest.Place) {
	for key, at := range metadata.At("labels").Entries() {
		switch {
		case !validKey(key):
			p.Report(at, "label key %q of %s is invalid: the API server refuses the object", key, o)
		case at.Str() != "" && !qualified.MatchString(at.Str()):
			p.Report(at, "value %q of label %q of %s is invalid: the API server refuses the object", at.Str(), key, o)
		}
	}
	for key, at := range metadata.At("annotations").Entries() {
		if !validKey(strings.ToLower(key)) {
			p.Report(at, "annotation key %q of %s is invalid: the API server refuses the object", key, o)
		}
	}
}

// validKey reports whether a label's or annotation's key is a name, with a
// domain before a slash or without.
func validKey(key string) bool {
	domain, name, ok := strings.Cut(key, "/")
	if !ok {
		return qualified.MatchString(key)
	}
	return len(domain) <= 253 && subdomain.MatchString(domain) && qualified.MatchString(name)
}

// validName is the rule of the kind: RBAC allows nearly anything, Services and
// Namespaces are names of DNS, the others lists of them.
func validName(o *manifest.Object, name string) bool {
	switch {
	case o.Is(manifest.RBACGroup, "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
		return segment.MatchString(name) && name != "." && name != ".."
	case o.Is("", "Service"):
		return service.MatchString(name)
	case o.Is("", "Namespace"):
		return labelName.MatchString(name)
	case o.Is("", "ConfigMap", "Secret", "Pod", "ServiceAccount", "PersistentVolumeClaim"), o.Is("apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
		o.Is("networking.k8s.io", "Ingress", "NetworkPolicy"):
		return len(name) <= 253 && subdomain.MatchString(name)
	case o.Is("batch", "CronJob"):
		return len(name) <= 52 && subdomain.MatchString(name)
	case o.Is("batch", "Job"):
		return len(name) <= 63 && subdomain.MatchString(name)
	}
	return segment.MatchString(name)
}
