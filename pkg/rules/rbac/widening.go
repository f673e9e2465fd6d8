package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// adds lists the guarded rights of the rule that none of the rules has: "get
// secrets". A wildcard counts as what it covers.
func adds(r manifest.RoleRule, own []manifest.RoleRule) []string {
	var out []string
	verbs := slices.Concat(readVerbs, writeVerbs, []string{"impersonate", "bind", "escalate", "approve"})
	for _, g := range guarded {
		for _, name := range g.names {
			if strings.HasSuffix(name, "/*") {
				continue
			}
			var more []string
			for _, v := range verbs {
				// Reading what is guarded against writing is nobody's business.
				reads := slices.Contains(readVerbs, v)
				if reads && !reading(g.group, name) || !meaningful(v, g.group, name) || !r.Allows(v, g.group, name) {
					continue
				}
				if !slices.ContainsFunc(own, func(b manifest.RoleRule) bool { return len(b.Names) == 0 && b.Allows(v, g.group, name) }) {
					more = append(more, v)
				}
			}
			if len(more) > 0 && !slices.Contains(out, strings.Join(more, "/")+" "+name) {
				out = append(out, strings.Join(more, "/")+" "+name)
			}
			if len(out) == 4 {
				return append(out[:3], "and more")
			}
		}
	}
	return out
}

// reading reports whether to read the resource is a right that rules guard.
func reading(group, name string) bool {
	return slices.ContainsFunc(slices.Concat(secrets, execs, attaches, tunnels, nodeProxies), func(g resources) bool {
		return g.group == group && slices.Contains(g.names, name)
	})
}

// meaningful reports whether the API server asks for the verb on the resource.
func meaningful(verb, group, name string) bool {
	is := func(of []resources) bool {
		return slices.ContainsFunc(of, func(g resources) bool { return g.group == group && slices.Contains(g.names, name) })
	}
	switch verb {
	case "impersonate":
		return is(identities)
	case "bind", "escalate":
		return is(roleKinds)
	case "approve":
		return is(signers)
	}
	return !is(signers) && (is(accounts) || !is(identities))
}

// users says how many bindings of the target use the built-in role.
func users(p *rule.Pass, name string) string {
	n := 0
	for _, o := range p.Index.Objects {
		ref := o.At("roleRef")
		if bindings(o) && ref.At("kind").Str() == "ClusterRole" && ref.At("name").Str() == name {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return ", which 1 binding here uses"
	}
	return fmt.Sprintf(", which %d bindings here use", n)
}
