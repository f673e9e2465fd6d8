package schema

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PortNameInvalid reports ports that the API server refuses.
var PortNameInvalid = &rule.Rule{
	Meta: rule.Meta{
		ID: "port-name-invalid", Severity: result.High, Since: "0.1",
		Title: "Port is invalid",
		Why: `The API server refuses the object: a container's port has a name of at most 15
lower-case letters, digits and dashes with one letter, names and numbers are
unique in their list, and a number lies between 1 and 65535.`,
		Fix: "give each port a short name and its own number",
		Refs: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
			"https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("", "Service")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if pod, ok := o.Pod(); ok {
			for c := range pod.Containers() {
				checkPorts(p, c.At("ports"), "containerPort", portName)
			}
			return
		}
		checkPorts(p, o.At("spec", "ports"), "port", func(name string) bool { return labelName.MatchString(name) })
		for port := range o.At("spec", "ports").Items() {
			at := port.At("targetPort")
			if n, ok := at.Int(); ok && (n < 1 || n > 65535) {
				p.Report(at, "port %d is outside 1 to 65535: the API server refuses the object", n)
			} else if at.IsString() && at.Str() != "" && !portName(at.Str()) {
				p.Report(at, "target port %q is no valid name of a port: the API server refuses the object", at.Str())
			}
		}
	},
}

// checkPorts looks at a list of ports whose number stands in the field called
// number.
func checkPorts(p *rule.Pass, list manifest.Place, number string, valid func(string) bool) {
	names, numbers := map[string]bool{}, map[string]bool{}
	for port := range list.Items() {
		if at := port.At("name"); at.Str() != "" {
			switch {
			case !valid(at.Str()):
				p.Report(at, "port name %q is invalid: the API server refuses the object", at.Str())
			case names[at.Str()]:
				p.Report(at, "port name %q stands twice in its list: the API server refuses the object", at.Str())
			}
			names[at.Str()] = true
		}
		at := port.At(number)
		if n, ok := at.Int(); ok && (n < 1 || n > 65535) {
			p.Report(at, "port %d is outside 1 to 65535: the API server refuses the object", n)
		}
		protocol := port.At("protocol").Str()
		if protocol == "" {
			protocol = "TCP"
		}
		// The same container port may be bound at several addresses.
		key := at.Str() + "/" + protocol + "/" + port.At("hostIP").Str() + "/" + port.At("hostPort").Str()
		if at.Exists() && numbers[key] {
			p.Report(at, "port %s/%s stands twice in its list: one of the two has no effect, or the object is refused", at.Str(), protocol)
		}
		numbers[key] = true
	}
}

var portForm = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?$`)

// portName reports whether the name is one of IANA's form.
func portName(name string) bool {
	return portForm.MatchString(name) && !strings.Contains(name, "--") && strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz")
}
