package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MetadataParams are the parameters of required-metadata-missing: keys, or
// key=pattern with a regular expression for the whole value.
type MetadataParams struct {
	Labels      []string `yaml:"labels"`
	Annotations []string `yaml:"annotations"`
}

// RequiredMetadataMissing reports workloads without the labels and annotations
// of the house.
var RequiredMetadataMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "required-metadata-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Required label or annotation is missing",
		Why: `Labels say what belongs together and who answers for it when it fails at night.
Which ones are needed is a rule of the house, hence off.`,
		Fix: "add the label or annotation to the workload's metadata",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/",
		},
	},
	Params: func() any {
		const recommended = "app.kubernetes.io/"
		return &MetadataParams{
			Labels:      []string{recommended + "name", recommended + "instance", recommended + "version", recommended + "part-of", recommended + "managed-by", "owner"},
			Annotations: []string{`email=[^@\s]+@[^@\s]+`},
		}
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), rule.Kinds("apps.openshift.io", "DeploymentConfig")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		params := p.Params.(*MetadataParams)
		checkRequired(p, o, o.Labels(), "label", params.Labels)
		checkRequired(p, o, o.Annotations(), "annotation", params.Annotations)
		h := p.Index.Target.Helm
		if at := o.Labels().At("app.kubernetes.io/instance"); h != nil && h.Release != "" && at.Str() != "" && at.Str() != h.Release {
			p.Report(at, "%s has instance %q, and its release is %q: tools that group by instance miss it", o, at.Str(), h.Release)
		}
	},
}

func checkRequired(p *rule.Pass, o *manifest.Object, in manifest.Place, what string, required []string) {
	var missing []string
	for _, entry := range required {
		key, pattern, _ := strings.Cut(entry, "=")
		at := in.At(key)
		re, err := regexp.Compile(`^(?:` + pattern + `)$`)
		switch {
		case at.Str() == "":
			missing = append(missing, key)
		case err == nil && pattern != "" && !re.MatchString(at.Str()):
			p.Report(at, "%s %q of %s does not match %q, as the house wants", what, key, o, pattern)
		}
	}
	if len(missing) > 0 {
		p.Add(rule.Problem{At: in, Message: fmt.Sprintf("%s has no %s %s: nobody sees what it belongs to and who answers for it", o, what, strings.Join(missing, ", "))})
	}
}
