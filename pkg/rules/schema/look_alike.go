package schema

import (
	"iter"
	"regexp"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// stringFields yields the fields of an object that hold strings, and where
// people write any: labels and annotations, configuration, environment and
// command lines.
func stringFields(o *manifest.Object) iter.Seq[manifest.Place] {
	return func(yield func(manifest.Place) bool) {
		below := []manifest.Place{o.Labels(), o.Annotations()}
		if o.Is("", "ConfigMap") {
			below = append(below, o.At("data"))
		}
		if o.Is("", "Secret") {
			below = append(below, o.At("stringData"))
		}
		if pod, ok := o.Pod(); ok {
			if pod.Template.Path() != "" {
				below = append(below, pod.Labels(), pod.Annotations())
			}
			for c := range pod.Containers() {
				below = append(below, c.At("command"), c.At("args"))
				for e := range c.At("env").Items() {
					below = append(below, e.At("value"))
				}
			}
		}
		for _, at := range below {
			for s := range at.Scalars() {
				if !yield(s) {
					return
				}
			}
		}
	}
}

var (
	octal       = regexp.MustCompile(`^[-+]?0[0-7]+$`)
	sexagesimal = regexp.MustCompile(`^[-+]?[1-9][0-9]*(?::[0-5]?[0-9])+$`)
	boolean     = regexp.MustCompile(`^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$`)
)

// lookAlike says what a plain scalar is in YAML 1.1 and not in 1.2, "" if they
// agree.
func lookAlike(at manifest.Place) string {
	n := at.Node()
	if n == nil || n.Style != 0 {
		return ""
	}
	switch {
	case boolean.MatchString(n.Value) && len(n.Value) > 1:
		return "a boolean"
	case octal.MatchString(n.Value):
		return "an octal number"
	case sexagesimal.MatchString(n.Value):
		return "a number of base 60"
	}
	return ""
}
