package podsecurity

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// newest is past the last version in which a control changed.
const newest = 39

// theirs is upstream's function of a control in a version, nil if it has none.
func theirs(c policy.Check, minor int) policy.CheckPodFn {
	var fn policy.CheckPodFn
	for _, v := range c.Versions {
		if v.MinimumVersion.Minor() <= minor {
			fn = v.CheckPod
		}
	}
	return fn
}

func TestControlsAreUpstreams(t *testing.T) {
	ours := map[string]*Control{}
	for i := range controls {
		ours[controls[i].ID] = &controls[i]
	}
	checks := policy.DefaultChecks()
	for _, c := range checks {
		o := ours[string(c.ID)]
		if o == nil {
			t.Errorf("no control %s", c.ID)
			continue
		}
		if string(c.Level) != string(o.Level) {
			t.Errorf("%s: level %s, want %s", c.ID, o.Level, c.Level)
		}
		for minor := range newest {
			if (theirs(c, minor) != nil) != (o.at(minor) != nil) {
				t.Errorf("%s: in force in 1.%d: %v", c.ID, minor, o.at(minor) != nil)
			}
		}
	}
	if len(checks) != len(ours) {
		t.Errorf("%d controls, want %d", len(ours), len(checks))
	}
}

// compare compares every control in every version that changed it, and the
// policies as wholes, and returns how many verdicts.
func compare(t *testing.T, checks []policy.Check, eval policy.Evaluator, pod manifest.Pod, typed *corev1.Pod, text []byte, policies ...Policy) (n int) {
	t.Helper()
	for i := range typed.Spec.Volumes {
		// The API server's default, which comes before admission.
		if v := &typed.Spec.Volumes[i]; v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	for i, c := range checks {
		o := controlOf(string(c.ID))
		for j, v := range c.Versions {
			minor := v.MinimumVersion.Minor()
			want := checks[i].Versions[j].CheckPod(&typed.ObjectMeta, &typed.Spec)
			n++
			if got := len(o.Check(minor, pod)) == 0; got != want.Allowed {
				t.Fatalf("%s in 1.%d: allowed %v, upstream %v (%s)\n%s", c.ID, minor, got, want.Allowed, want.ForbiddenDetail, text)
			}
		}
	}
	for _, p := range policies {
		lv := api.LevelVersion{Level: api.Level(p.Level), Version: api.MajorMinorVersion(1, p.Minor)}
		want := policy.AggregateCheckResults(eval.EvaluatePod(lv, &typed.ObjectMeta, &typed.Spec))
		got := p.Evaluate(pod)
		n++
		same := len(got) == len(want.ForbiddenReasons)
		for i := range got {
			same = same && strings.HasPrefix(want.ForbiddenReasons[i], got[i].Control.Reason)
		}
		if !same {
			t.Fatalf("%s as of 1.%d: breaks %v, upstream %q\n%s", p.Level, p.Minor, ids(got), want.ForbiddenReasons, text)
		}
	}
	return n
}

func controlOf(id string) *Control {
	for i := range controls {
		if controls[i].ID == id {
			return &controls[i]
		}
	}
	return nil
}

func ids(vs []Violation) (out []string) {
	for _, v := range vs {
		out = append(out, v.Control.ID)
	}
	return out
}

func evaluator(t *testing.T) policy.Evaluator {
	t.Helper()
	e, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func parsePod(t *testing.T, text []byte) manifest.Pod {
	t.Helper()
	d := &manifest.Document{Text: text, Line: 1}
	if err := d.Parse(); err != nil {
		t.Fatal(err)
	}
	pod, ok := d.Objects()[0].Pod()
	if !ok {
		t.Fatalf("no pod:\n%s", text)
	}
	return pod
}

// TestFixtures runs the fixtures that upstream checks in, for each level,
// version and control.
func TestFixtures(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", "v1.*", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	eval, checks := evaluator(t), policy.DefaultChecks()
	pass, fail, verdicts := 0, 0, 0
	for _, f := range files {
		parts := strings.Split(filepath.ToSlash(strings.TrimPrefix(f, root+string(filepath.Separator))), "/")
		minor, err := strconv.Atoi(strings.TrimPrefix(parts[1], "v1."))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pod := parsePod(t, text)
		broken := Policy{Level(parts[0]), minor}.Evaluate(pod)
		switch {
		case parts[2] == "pass" && len(broken) > 0:
			t.Errorf("%s: breaks %v", strings.Join(parts, "/"), ids(broken))
		case parts[2] == "fail" && len(broken) == 0:
			t.Errorf("%s: passes", strings.Join(parts, "/"))
		case parts[2] == "pass":
			pass++
		default:
			fail++
		}
		var typed corev1.Pod
		if err := yaml.Unmarshal(text, &typed); err != nil {
			t.Fatal(err)
		}
		verdicts += compare(t, checks, eval, pod, &typed, text, Policy{Level(parts[0]), minor})
	}
	if pass < 1000 || fail < 1000 {
		t.Errorf("%d and %d fixtures: where are they?", pass, fail)
	}
	t.Logf("%d fixtures that pass, %d that fail; %d verdicts equal", pass, fail, verdicts)
}

// TestGenerated compares over pods made of every value that a control looks
// at. KUSTOMS_PODS sets how many.
func TestGenerated(t *testing.T) {
	pods := 4_000
	if s := os.Getenv("KUSTOMS_PODS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		pods = n
	}
	eval, checks := evaluator(t), policy.DefaultChecks()
	verdicts := 0
	for i := range pods {
		g := maker{rand.New(rand.NewPCG(34, uint64(i)))}
		text, err := json.Marshal(g.pod())
		if err != nil {
			t.Fatal(err)
		}
		var typed corev1.Pod
		if err := json.Unmarshal(text, &typed); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		verdicts += compare(t, checks, eval, parsePod(t, text), &typed, text,
			Policy{Baseline, g.IntN(newest)}, Policy{Restricted, g.IntN(newest)})
	}
	t.Logf("%d pods, %d verdicts equal", pods, verdicts)
}

// maker makes pods. Good values come up more often than bad ones, so that
// single faults and none occur too.
type maker struct{ *rand.Rand }

type object = map[string]any

// absent leaves a field out.
var absent = new(int)

// set sets a field to one of the values, if not to absent.
func (g maker) set(o object, field string, values ...any) {
	if v := values[g.IntN(len(values))]; v != any(absent) {
		o[field] = v
	}
}

// maybe sets a field to a made object, to null, to an empty one or not at all.
func (g maker) maybe(o object, field string, make func() object) {
	switch g.IntN(8) {
	case 0:
		o[field] = nil
	case 1:
		o[field] = object{}
	case 2, 3:
	default:
		o[field] = make()
	}
}

func (g maker) strings(values ...string) []any {
	out := []any{}
	for range g.IntN(4) {
		out = append(out, values[g.IntN(len(values))])
	}
	return out
}

func (g maker) pod() object {
	spec := object{}
	g.set(spec, "hostNetwork", absent, absent, absent, false, nil, true)
	g.set(spec, "hostPID", absent, absent, absent, false, nil, true)
	g.set(spec, "hostIPC", absent, absent, absent, false, nil, true)
	g.set(spec, "hostUsers", absent, absent, nil, true, false)
	g.set(spec, "os", absent, absent, absent, nil, object{}, object{"name": "linux"}, object{"name": "windows"}, object{"name": "Windows"})
	g.maybe(spec, "securityContext", func() object { return g.context(true) })
	names := []string{}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		n := g.IntN(3)
		if list == "containers" {
			n++
		}
		cs := []any{}
		for i := range n {
			name := fmt.Sprintf("%c%d", list[0], i)
			names = append(names, name)
			cs = append(cs, g.container(name))
		}
		if n > 0 || g.IntN(2) == 0 {
			spec[list] = cs
		} else {
			g.set(spec, list, absent, nil)
		}
	}
	g.volumes(spec)
	meta := object{"name": "p"}
	g.maybe(meta, "annotations", func() object { return g.annotations(names) })
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
}

func (g maker) annotations(names []string) object {
	o := object{"note": "x"}
	profiles := []any{absent, absent, "", "runtime/default", "docker/default", "localhost/a", "localhost", "unconfined"}
	g.set(o, "seccomp.security.alpha.kubernetes.io/pod", profiles...)
	for _, n := range append(names, "nobody") {
		g.set(o, "container.seccomp.security.alpha.kubernetes.io/"+n, profiles...)
		g.set(o, "container.apparmor.security.beta.kubernetes.io/"+n, profiles...)
	}
	return o
}

// context makes a pod's or a container's securityContext.
func (g maker) context(ofPod bool) object {
	o := object{}
	g.set(o, "runAsNonRoot", absent, absent, true, true, nil, false)
	g.set(o, "runAsUser", absent, absent, nil, 1, 1000, 0)
	profile := func() object {
		p := object{}
		g.set(p, "type", "RuntimeDefault", "RuntimeDefault", "Localhost", "Localhost", absent, nil, "", "Unconfined", "runtime/default")
		return p
	}
	g.maybe(o, "seccompProfile", profile)
	g.maybe(o, "appArmorProfile", profile)
	g.maybe(o, "seLinuxOptions", func() object {
		p := object{}
		g.set(p, "type", absent, "", nil, "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t")
		g.set(p, "user", absent, absent, absent, "", nil, "system_u")
		g.set(p, "role", absent, absent, absent, "", nil, "system_r")
		g.set(p, "level", absent, "s0")
		return p
	})
	g.maybe(o, "windowsOptions", func() object {
		p := object{}
		g.set(p, "hostProcess", absent, absent, nil, false, true)
		return p
	})
	if ofPod {
		if g.IntN(2) == 0 {
			list := []any{}
			for range g.IntN(4) {
				s := object{"value": "1"}
				g.set(s, "name", append([]any{"kernel.msgmax", "net.ipv4.tcp_syncookies.", "", absent}, anys(safeSysctls)...)...)
				list = append(list, s)
			}
			o["sysctls"] = list
		} else {
			g.set(o, "sysctls", absent, nil)
		}
		return o
	}
	g.set(o, "privileged", absent, absent, absent, nil, false, true)
	g.set(o, "allowPrivilegeEscalation", absent, false, false, false, nil, true)
	g.set(o, "procMount", absent, absent, nil, "Default", "Unmasked", "")
	g.maybe(o, "capabilities", func() object {
		p := object{}
		g.set(p, "drop", absent, nil, []any{"ALL"}, []any{"ALL"}, []any{"all"}, any(g.strings("ALL", "NET_RAW", "CAP_ALL", "KILL")))
		g.set(p, "add", absent, nil, []any{}, []any{"NET_BIND_SERVICE"},
			any(g.strings("NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "CAP_CHOWN", "chown", "ALL", "NET_RAW", "MKNOD", "")))
		return p
	})
	return o
}

func (g maker) container(name string) object {
	o := object{"name": name, "image": "i"}
	g.maybe(o, "securityContext", func() object { return g.context(false) })
	ports := []any{}
	for range g.IntN(3) {
		p := object{"containerPort": 80}
		g.set(p, "hostPort", absent, absent, absent, nil, 0, 8080)
		g.set(p, "hostIP", absent, absent, "127.0.0.1")
		ports = append(ports, p)
	}
	g.set(o, "ports", absent, nil, any(ports), any(ports))
	handler := func() object {
		p := object{}
		for _, kind := range []string{"httpGet", "tcpSocket"} {
			g.maybe(p, kind, func() object {
				h := object{"port": 80}
				g.set(h, "host", absent, absent, absent, "", nil, "127.0.0.1", "example.org")
				return h
			})
		}
		return p
	}
	for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		if g.IntN(4) == 0 {
			g.maybe(o, probe, handler)
		}
	}
	if g.IntN(4) == 0 {
		g.maybe(o, "lifecycle", func() object {
			p := object{}
			g.maybe(p, "postStart", handler)
			g.maybe(p, "preStop", handler)
			return p
		})
	}
	return o
}

func (g maker) volumes(spec object) {
	kinds := []string{
		"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
		"hostPath", "nfs", "gitRepo", "iscsi", "flexVolume", "cephfs", "azureFile", "portworxVolume", "storageos", "glusterfs",
	}
	list := []any{}
	for i := range g.IntN(4) {
		v := object{"name": fmt.Sprint("v", i)}
		if g.IntN(10) > 0 {
			n := len(kinds)
			if g.IntN(2) == 0 {
				n = 9
			}
			g.set(v, kinds[g.IntN(n)], object{}, object{}, object{}, nil)
		}
		if g.IntN(12) == 0 {
			v[kinds[g.IntN(len(kinds))]] = object{}
		}
		list = append(list, v)
	}
	g.set(spec, "volumes", absent, nil, any(list), any(list), any(list))
}

func anys(list []string) (out []any) {
	for _, s := range list {
		out = append(out, s)
	}
	return out
}
