package image

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// manyPackages is how many packages of a distribution a minimal image has at
// most. Debian's slim base has some 90 and distroless images up to 40.
const manyPackages = 120

// The rules on what images hold. All but the user's are about the image alone,
// so that a finding is one for all containers that run it.
const (
	ruleShell   = "image-shell"
	ruleManager = "image-package-manager"
	ruleSetuid  = "image-setuid-file"
	ruleMany    = "image-many-packages"
	ruleEnded   = "image-base-end-of-life"
	ruleRoot    = "image-user-root"
	ruleRefused = "image-user-refused"
)

const distroless = "https://github.com/GoogleContainerTools/distroless"

func contentRules() []result.Rule {
	hardening := "https://docs.docker.com/build/building/best-practices/"
	contexts := "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
	return []result.Rule{
		{ID: ruleEnded, Severity: result.Medium, Title: "Image stands on a distribution without support",
			Why: "After its end a release gets no security fixes, and no advisories say what stays open: few known vulnerabilities then mean nothing.",
			Fix: "build on a release that is supported", Refs: []string{"https://endoflife.date/"}},
		{ID: ruleMany, Severity: result.Info, Title: "Image holds many packages",
			Why: "Each package is one more to patch, and most are of no use to the one program that a container runs.",
			Fix: "build on a smaller base, and copy in what the program needs", Refs: []string{distroless, hardening}},
		{ID: ruleManager, Severity: result.Low, Title: "Image holds a package manager",
			Why: "Whoever gets in installs tools with it, and a container that is changed while it runs is no longer the image that was tested.",
			Fix: "build in stages, and let the last one be a base without a package manager", Refs: []string{distroless, hardening}},
		{ID: ruleSetuid, Severity: result.Low, Title: "Image holds setuid or setgid files", Standards: []string{"CWE-250"},
			Why: "A program that runs as its owner, whoever starts it, gives a user of the container root, unless allowPrivilegeEscalation is false.",
			Fix: "remove the bits in the build, or build on a base without such files", Refs: []string{contexts}},
		{ID: ruleShell, Severity: result.Info, Title: "Image holds a shell",
			Why: "Most attacks on a container need a shell to go on from the first foothold. Debugging needs none in the image: kubectl debug brings its own.",
			Fix: "build on a base without a shell", Refs: []string{distroless, "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/#ephemeral-container"}},
		{ID: ruleRefused, Severity: result.High, Title: "Image's user is refused by runAsNonRoot",
			Why: "With runAsNonRoot and no runAsUser the kubelet starts no container whose image names root, or a user by name: it cannot tell that a name is not root.",
			Fix: "set runAsUser to a number above 0, or name the user by number in the image", Refs: []string{contexts}},
		{ID: ruleRoot, Severity: result.Low, Title: "Image's user is root, and nothing overrides it", Standards: []string{"CWE-250"},
			Why: "User 0 in the container is user 0 for the kernel too, unless user namespaces are on.",
			Fix: "name a user by number in the image (USER 65532), or set runAsUser", Refs: []string{contexts}},
	}
}

// Rules describes what is reported of what images hold, vulnerabilities as if
// they were one rule.
func Rules() []result.Rule {
	out := contentRules()
	for i := range out {
		out[i].Family, out[i].Analyzer, out[i].Since = "image", Analyzer{}.Name(), "0.1"
	}
	return append(out, result.Rule{
		ID: Family, Family: Family, Severity: result.Medium, Since: "0.1", Title: "Image has known vulnerabilities, each under its own id",
		Why: "Whoever reaches the faulty code may use it, and how is often public. The severity is each vulnerability's own.",
		Fix: "move to an image whose packages mend it",
	})
}

// contents makes the findings about what the image holds, at its first place,
// and those about its user, at each container that runs it.
func (a Analyzer) contents(sink *result.Sink, target string, places []result.Image, r *Result, user func(result.Image) (manifest.Pod, manifest.Container, bool)) {
	meta := map[string]result.Rule{}
	for _, m := range a.Rules() {
		meta[m.ID] = m
	}
	report := func(at result.Image, rule, fix, evidence, format string, args ...any) {
		m, on := meta[rule]
		if !on {
			return
		}
		img := r.Image
		img.Ref = at.Ref
		f := result.Finding{
			Rule: rule, Severity: m.Severity, Message: fmt.Sprintf("image %q ", at.Ref) + fmt.Sprintf(format, args...), Fix: fix,
			Object: at.Object, Container: at.Container, Field: "image", Loc: at.Loc, Targets: []string{target}, Image: &img,
			Fingerprint: result.Fingerprint(rule, result.Key{}, "image", img.Repository()+evidence),
		}
		if f.Fix == "" {
			f.Fix = m.Fix
		}
		sink.Report(f)
	}
	first := places[0]
	smaller := alternative(r)
	if on := ended(r.Distro); on != "" {
		report(first, ruleEnded, "", "", "stands on %s, whose support ended on %s: it gets no more fixes (table of %s)", r.Distro.Name, on, lifetimesDate)
	}
	if c := r.Contents; c != nil {
		for _, x := range []struct {
			rule, what string
			paths      []string
		}{
			{ruleShell, "a shell", c.Shells}, {ruleManager, "a package manager", c.PackageManagers}, {ruleSetuid, "files with setuid or setgid", c.Setuid},
		} {
			if len(x.paths) > 0 {
				fix := smaller
				if x.rule == ruleSetuid {
					fix = "" // the bits can go by themselves
				}
				report(first, x.rule, fix, "", "holds %s: %s", x.what, some(x.paths))
			}
		}
	}
	system := 0
	for _, p := range r.Packages {
		if p.OS {
			system++
		}
	}
	if system > manyPackages {
		report(first, ruleMany, smaller, "", "holds %d packages of %s", system, distroName(r.Distro))
	}
	a.leaks(sink, target, first, r)
	if r.Config == nil {
		return
	}
	for _, at := range places {
		pod, c, ok := user(at)
		if !ok || pod.Windows() || pod.Inherit(c, "runAsUser").Exists() {
			continue
		}
		name, _, _ := strings.Cut(r.Config.User, ":")
		uid, err := strconv.Atoi(name)
		isRoot := name == "" || name == "root" || err == nil && uid == 0
		own := at.Object.String() + "/" + at.Container
		switch {
		case pod.Inherit(c, "runAsNonRoot").IsTrue() && (isRoot || err != nil):
			report(at, ruleRefused, "", own, "runs as %q, and container %q demands runAsNonRoot without a number: the kubelet does not start it", userName(name), at.Container)
		case isRoot && !pod.Inherit(c, "runAsNonRoot").IsTrue():
			report(at, ruleRoot, "", own, "runs as root, and nothing gives container %q another user", at.Container)
		}
	}
}

// leaks makes the findings about secrets in the image's configuration, by the
// rules of the analyzer of secrets.
func (a Analyzer) leaks(sink *result.Sink, target string, at result.Image, r *Result) {
	img := r.Image
	img.Ref = at.Ref
	for _, l := range r.Leaks {
		if !a.on(l.Rule) {
			continue
		}
		sink.Report(result.Finding{
			Rule: l.Rule, Severity: l.Severity,
			Message: fmt.Sprintf("image %q holds a secret in its %s: everyone who may pull the image can read it", at.Ref, l.Where),
			Fix:     "revoke it, rebuild the image without it (docker build --secret), and give it to the container from a Secret",
			Object:  at.Object, Container: at.Container, Field: "image", Loc: at.Loc, Targets: []string{target}, Image: &img,
			Fingerprint: result.Fingerprint(l.Rule, result.Key{}, "image", img.Repository()+l.Where),
		})
	}
}

func userName(name string) string {
	if name == "" {
		return "root"
	}
	return name
}

func distroName(d Distro) string {
	if d.Name != "" {
		return d.Name
	}
	return "a distribution"
}

// some lists at most four paths.
func some(paths []string) string {
	if len(paths) <= 4 {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:4], ", "), len(paths)-4)
}

// alternative is what to build on instead, by what the image runs.
func alternative(r *Result) string {
	named := func(names ...string) bool {
		return slices.ContainsFunc(r.Packages, func(p Package) bool {
			return p.OS && slices.ContainsFunc(names, func(n string) bool { return p.Name == n || strings.HasPrefix(p.Name, n+"-") || p.Source == n })
		})
	}
	lang := map[string]bool{}
	for _, p := range r.Packages {
		if !p.OS {
			kind, _, _ := strings.Cut(strings.TrimPrefix(p.PURL, "pkg:"), "/")
			lang[kind] = true
		}
	}
	debian := "debian12"
	if r.Distro.ID == "debian" && r.Distro.Version == "13" {
		debian = "debian13"
	}
	base := ""
	switch {
	case lang["nuget"] || named("dotnet-runtime", "aspnetcore-runtime"):
		base = "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled"
	case lang["maven"] || named("openjdk-17-jre-headless", "openjdk-21-jre-headless", "java-17-openjdk", "java-21-openjdk"):
		base = "gcr.io/distroless/java21-" + debian
	case lang["npm"]:
		base = "gcr.io/distroless/nodejs22-" + debian
	case lang["pypi"]:
		base = "gcr.io/distroless/python3-" + debian
	case lang["gem"]:
		return "use the slim variant of the ruby image for the last stage of the build, or a base of Wolfi with ruby alone"
	case lang["golang"] || lang["cargo"]:
		base = "gcr.io/distroless/static-" + debian + " (base-" + debian + " with cgo or libc)"
	default:
		base = "gcr.io/distroless/base-" + debian + " (cc-" + debian + " with C++)"
	}
	return "let the last stage of the build be " + base + ", and copy the program in"
}
