package ingress

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// firewall is one place where a web application firewall that reads
// ModSecurity's directives is switched on.
type firewall struct {
	on         manifest.Place // what switches it on
	directives manifest.Place // the text, absent if there is none
	// crs is set where a setting of its own loads the OWASP Core Rule Set.
	crs bool
	// inherited is the text of the controller that holds beneath.
	inherited string
}

// firewalls lists those of the object.
func firewalls(x *index.Index, o *manifest.Object) []firewall {
	switch {
	case ingresses(o):
		on := nginx(o, "enable-modsecurity")
		if !yes(on) || !nginxClass(o) {
			return nil
		}
		f := firewall{on: on, directives: nginx(o, "modsecurity-snippet"), crs: yes(nginx(o, "enable-owasp-core-rules"))}
		for _, c := range controllerConfigs(x) {
			f.inherited += c.At("data", "modsecurity-snippet").Str() + "\n"
			f.crs = f.crs || yes(c.At("data", "enable-owasp-modsecurity-crs"))
		}
		return []firewall{f}
	case configMaps(o):
		on := o.At("data", "enable-modsecurity")
		if !yes(on) || !controllerConfig(x, o) {
			return nil
		}
		return []firewall{{on: on, directives: o.At("data", "modsecurity-snippet"), crs: yes(o.At("data", "enable-owasp-modsecurity-crs"))}}
	}
	return coraza(o)
}

// coraza lists the directives of Coraza in Envoy's and Traefik's plug-ins: the
// lists of its directives_map, or one list.
func coraza(o *manifest.Object) []firewall {
	var out []firewall
	var config manifest.Place
	switch {
	case o.Is("extensions.istio.io", "WasmPlugin"):
		config = o.At("spec", "pluginConfig")
		for _, list := range config.At("directives_map").Entries() {
			out = append(out, firewall{on: list, directives: list})
		}
	case o.Is("traefik.io", "Middleware"):
		for _, plugin := range o.At("spec", "plugin").Entries() {
			if plugin.At("directives").IsList() {
				config = plugin
			}
		}
	default:
		return nil
	}
	for _, name := range [...]string{"directives", "rules"} {
		if list := config.At(name); list.IsList() {
			out = append(out, firewall{on: list, directives: list})
		}
	}
	return out
}

// text is the directives that hold, one a line, in order.
func (f firewall) text() string {
	own := f.directives.Str()
	if f.directives.IsList() {
		own = strings.Join(f.directives.Strings(), "\n")
	}
	return f.inherited + own
}

var (
	engine = regexp.MustCompile(`(?mi)^\s*(?:SecRuleEngine\s+"?(\w+)"?|Include\s+"?@(recommended)[\w-]*"?)`)
	loads  = regexp.MustCompile(`(?mi)^\s*(?:Include\s+"?(?:\S*(?:crs|rules)\S*)|SecRule\s|SecAction\s|SecRemoteRules\s)`)
	ranges = regexp.MustCompile(`(?mi)^\s*SecRuleRemoveById\s+.*?"?(\d+)-(\d+)"?`)
	level  = regexp.MustCompile(`(?i)tx\.(?:blocking_)?paranoia_level=0\b`)
)

// mode is what the last directive about the engine says: "On",
// "DetectionOnly", "Off"; "" where none does.
func (f firewall) mode() string {
	mode := ""
	for _, m := range engine.FindAllStringSubmatch(f.text(), -1) {
		if mode = m[1]; m[2] != "" {
			mode = "DetectionOnly"
		}
	}
	return mode
}

// at is the line to edit: the directives, or what switches the firewall on.
func (f firewall) at() manifest.Place {
	if !f.directives.Exists() {
		return f.on
	}
	return f.directives
}

// item is the item of a list of directives that matches, or the text whole.
func (f firewall) item(re *regexp.Regexp) manifest.Place {
	found := f.at()
	for it := range f.directives.Items() {
		if re.MatchString(it.Str()) {
			found = it
		}
	}
	return found
}
