package supply

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// setting is one of a container's, as "name=value" in lower case. Values may be
// secret and are compared only.
type setting struct {
	text string
	at   manifest.Place
}

// withoutLogin finds the service that the container runs without asking for a
// login, and the line that shows it. Where settings are in something that is
// not rendered, nobody can tell, and ok is false.
func withoutLogin(x *index.Index, pod manifest.Pod, c manifest.Container) (s openService, at manifest.Place, ok bool) {
	ref, err := manifest.ParseReference(c.At("image").Str())
	if err != nil {
		return s, at, false
	}
	i := slices.IndexFunc(openServices, func(s openService) bool { return s.runs(ref) })
	if i < 0 {
		return s, at, false
	}
	s = openServices[i]
	all, unseen := settings(x, pod, c)
	found := slices.IndexFunc(all, func(v setting) bool {
		return slices.ContainsFunc(s.settings, func(part string) bool { return matches(v.text, part) })
	})
	switch {
	case s.guarded && found >= 0:
		return s, all[found].at, true
	case s.guarded || found >= 0 || unseen && len(s.settings) > 0:
		return s, at, false
	}
	return s, c.At("image"), true
}

// matches reports whether a setting holds the part; one that ends in "=" asks
// for an empty value, one that starts so for nothing but the rest.
func matches(text, part string) bool {
	if whole, ok := strings.CutPrefix(part, "="); ok {
		return text == whole
	}
	if strings.HasSuffix(part, "=") {
		return text == part || strings.HasSuffix(text, "."+part) || strings.HasSuffix(text, "--"+part)
	}
	return strings.Contains(text, part)
}

// settings lists what the container is told: arguments, environment and mounted
// files. unseen says that some of it is not rendered.
func settings(x *index.Index, pod manifest.Pod, c manifest.Container) (out []setting, unseen bool) {
	add := func(at manifest.Place, text string) {
		text = strings.ToLower(strings.TrimSpace(text))
		if text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "//") {
			return
		}
		out = append(out, setting{strings.NewReplacer(": ", "=", " = ", "=", `"`, "").Replace(text), at})
	}
	for _, list := range [...]string{"command", "args"} {
		items := slices.Collect(c.At(list).Items())
		for i, a := range items {
			text := a.Str()
			if i+1 < len(items) && strings.HasPrefix(text, "-") && !strings.Contains(text, "=") && !strings.HasPrefix(items[i+1].Str(), "-") {
				text += "=" + items[i+1].Str()
			}
			for line := range strings.Lines(text) {
				add(a, line)
			}
		}
	}
	for e := range c.At("env").Items() {
		value := e.At("value").Str()
		if e.At("valueFrom").Exists() {
			value = "(elsewhere)"
		}
		add(e, e.At("name").Str()+"="+value)
	}
	namespace := x.Namespace(pod.Object)
	file := func(kind string, name manifest.Place, environment bool) {
		if name.Str() == "" {
			return
		}
		o := x.Get("", kind, namespace, name.Str())
		if o == nil {
			unseen = true
			return
		}
		for _, field := range [...]string{"data", "stringData", "binaryData"} {
			for key, v := range o.At(field).Entries() {
				text := v.Str()
				if kind == "Secret" && field == "data" || field == "binaryData" {
					plain, err := base64.StdEncoding.DecodeString(text)
					unseen = unseen || err != nil
					text = string(plain)
				}
				if environment {
					add(v, key+"="+text)
					continue
				}
				for line := range strings.Lines(text) {
					add(v, line)
				}
			}
		}
	}
	for e := range c.At("envFrom").Items() {
		file("ConfigMap", e.At("configMapRef", "name"), true)
		file("Secret", e.At("secretRef", "name"), true)
	}
	for m := range c.At("volumeMounts").Items() {
		for v := range pod.Spec.At("volumes").Items() {
			if v.At("name").Str() != m.At("name").Str() {
				continue
			}
			file("ConfigMap", v.At("configMap", "name"), false)
			file("Secret", v.At("secret", "secretName"), false)
			for s := range v.At("projected", "sources").Items() {
				file("ConfigMap", s.At("configMap", "name"), false)
				file("Secret", s.At("secret", "name"), false)
			}
		}
	}
	return out, unseen
}
