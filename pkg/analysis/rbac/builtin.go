package rbac

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Builtin reports whether every cluster has a ClusterRole of the name.
func Builtin(name string) bool {
	return strings.HasPrefix(name, "system:") || builtinFor(index.Newest).roles[roleKey{"ClusterRole", "", name}] != nil
}

// BuiltinRole reports whether every cluster has a Role of the name in the
// namespace.
func BuiltinRole(namespace, name string) bool {
	switch namespace {
	case "kube-system":
		return name == "extension-apiserver-authentication-reader" || strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:")
	case "kube-public":
		return strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:")
	}
	return false
}

// aggregation names the labels (aggregate-to-…) whose roles flow into a
// built-in role: view flows into edit, and edit into admin.
var aggregation = map[string][]string{
	"view":  {"view"},
	"edit":  {"view", "edit"},
	"admin": {"view", "edit", "admin"},
}

// table holds Kubernetes' own roles and bindings by version; its head says
// which, and what the columns are. pkg/internal/gen/roles writes it.
//
//go:embed builtin.tsv
var table string

// The minor versions that the table knows. An older target gets the oldest, a
// newer one the newest.
const (
	oldestTable = 33
	newestTable = 37
)

// policy is what a cluster of one version has before anything is installed.
type policy struct {
	roles    map[roleKey]*Role
	bindings []builtinBinding
}

type roleKey struct{ kind, namespace, name string }

type builtinBinding struct {
	kind, namespace, name string
	role                  roleKey
	subjects              []Subject
}

var policies = func() (out [newestTable - oldestTable + 1]func() *policy) {
	for i := range out {
		out[i] = sync.OnceValue(func() *policy { return readPolicy(oldestTable + i) })
	}
	return out
}()

func builtinFor(v index.Version) *policy {
	return policies[min(max(v.Minor, oldestTable), newestTable)-oldestTable]()
}

func readPolicy(minor int) *policy {
	p := &policy{roles: map[roleKey]*Role{}}
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		first, _ := strconv.Atoi(f[0])
		if last, _ := strconv.Atoi(f[1]); minor < first || minor > last {
			continue
		}
		kind, namespace, name := f[2], f[3], f[4]
		if strings.HasSuffix(kind, "Binding") {
			b := builtinBinding{kind: kind, namespace: namespace, name: name, role: roleKey{f[5], namespace, f[6]}}
			if f[5] == "ClusterRole" {
				b.role.namespace = ""
			}
			for _, s := range list(f[7]) {
				kind, name, _ := strings.Cut(s, "=")
				sub := Subject{Kind: kind, Name: name}
				if kind == "ServiceAccount" {
					sub.Namespace, sub.Name, _ = strings.Cut(name, "/")
				}
				b.subjects = append(b.subjects, sub)
			}
			p.bindings = append(p.bindings, b)
			continue
		}
		k := roleKey{kind, namespace, name}
		if p.roles[k] == nil {
			p.roles[k] = &Role{Kind: kind, Name: name}
		}
		groups := list(f[5])
		for i, g := range groups {
			if g == "core" {
				groups[i] = ""
			}
		}
		p.roles[k].Rules = append(p.roles[k].Rules, manifest.RoleRule{Groups: groups, Resources: list(f[6]), Verbs: list(f[7]), Names: list(f[8]), URLs: list(f[9])})
	}
	for _, r := range p.roles {
		r.weigh()
	}
	return p
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
