package pod

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ApparmorUnconfined reports containers whose AppArmor profile is switched off
// or unknown.
var ApparmorUnconfined = &rule.Rule{
	Meta: rule.Meta{
		ID: "apparmor-unconfined", Severity: result.High, Since: "0.1",
		Title: "AppArmor is switched off",
		Why: `On nodes with AppArmor the runtime's default profile keeps a container from
mounting, from writing kernel settings and from tracing others. Unconfined
lifts all of that, and a name that no loader knows keeps the pod from
starting.`,
		Fix:  "set appArmorProfile.type to RuntimeDefault, or to Localhost with a profile of your own",
		Want: "RuntimeDefault",
		Refs: []string{
			"https://kubernetes.io/docs/tutorials/security/apparmor/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if at := pod.Inherit(c, "appArmorProfile", "type"); at.Str() == "Unconfined" {
			p.Report(at, "container %q runs with AppArmor switched off", c.Name)
			return
		}
		at := appArmorAnnotation(pod, c)
		switch v := at.Str(); {
		case v == "" || v == "runtime/default" || strings.HasPrefix(v, "localhost/"):
		case v == "unconfined":
			p.Add(rule.Problem{At: at, Want: "runtime/default", Message: fmt.Sprintf("container %q runs with AppArmor switched off", c.Name)})
		default:
			p.Add(rule.Problem{At: at, Want: "runtime/default", Message: fmt.Sprintf("container %q names the AppArmor profile %q, which is neither runtime/default nor localhost/…", c.Name, v)})
		}
	},
}

// appArmorAnnotation is the annotation that chose a container's profile before
// the field, and still counts where the field is absent.
func appArmorAnnotation(pod manifest.Pod, c manifest.Container) manifest.Place {
	return pod.Annotations().At("container.apparmor.security.beta.kubernetes.io/" + c.Name)
}
