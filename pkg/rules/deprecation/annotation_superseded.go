package deprecation

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AnnotationSuperseded reports annotations that a field replaced.
var AnnotationSuperseded = &rule.Rule{
	Meta: rule.Meta{
		ID: "annotation-superseded", Severity: result.Low, Since: "0.1",
		Title: "Annotation was replaced by a field",
		Why: `Kubernetes reads such an annotation for some releases only. Then it is ignored
without a word, and what it asked for, a seccomp profile for instance, no
longer holds.`,
		Fix: "write the field that replaced the annotation",
		Refs: []string{
			"https://kubernetes.io/docs/reference/labels-annotations-taints/",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		checkAnnotations(p, o.Annotations())
		if pod, ok := o.Pod(); ok && pod.Template.Path() != "" {
			checkAnnotations(p, pod.Annotations())
		}
	},
}

func checkAnnotations(p *rule.Pass, annotations manifest.Place) {
	v := p.Index.Version()
	for key, at := range annotations.Entries() {
		for _, a := range superseded {
			if a.key != key && !(strings.HasSuffix(a.key, "/") && strings.HasPrefix(key, a.key)) || v.Before(a.since, 0) {
				continue
			}
			pr := rule.Problem{At: at, Fix: "replace the annotation by " + a.successor,
				Message: fmt.Sprintf("annotation %q was replaced by %s: a later release ignores it", key, a.successor)}
			if a.ignored > 0 && !v.Before(a.ignored, 0) {
				medium := result.Medium
				pr.Severity = &medium
				pr.Message = fmt.Sprintf("annotation %q does nothing since Kubernetes 1.%d: %s replaced it", key, a.ignored, a.successor)
			}
			p.Add(pr)
		}
	}
}
