package trivy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/sbom"
)

// ProgramOptions assemble a Program.
type ProgramOptions struct {
	Path string // of the program
	// Registry opens images: the program is given each as a folder, so that
	// what the operator allows of the network holds for it, too.
	Registry *registry.Reader
	// Env is the environment to choose from; see variables.
	Env []string
	// Offline forbids the program to fetch its database.
	Offline bool
	Age     Age
	// Timeout bounds one image, its download included. 0 is 10 minutes.
	Timeout time.Duration
}

// Program is the engine that runs trivy.
type Program struct{ o ProgramOptions }

// NewProgram makes the engine.
func NewProgram(o ProgramOptions) *Program {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	return &Program{o}
}

var _ image.Scanner = (*Program)(nil)

// variables are what the program gets of the environment. Others could make it
// report less (TRIVY_SEVERITY, TRIVY_IGNOREFILE), ask a server, or hold
// secrets that are none of its business.
var variables = []string{
	"PATH", "HOME", "USER", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_DATA_HOME", "SYSTEMROOT", "LOCALAPPDATA", "USERPROFILE",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "DOCKER_CONFIG",
	"TRIVY_CACHE_DIR", "TRIVY_DB_REPOSITORY", "TRIVY_JAVA_DB_REPOSITORY", "TRIVY_SKIP_DB_UPDATE", "TRIVY_SKIP_JAVA_DB_UPDATE",
	"TRIVY_USERNAME", "TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN", "TRIVY_INSECURE",
}

const (
	maxReport = 512 << 20
	maxStderr = 4 << 10
)

func (p *Program) fail(why, hint string, err error) error {
	return &image.EngineError{Engine: "trivy", Why: why, Hint: hint, Err: err}
}

// Scan hands the image to the program.
func (p *Program) Scan(ctx context.Context, ref string) (*image.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.Timeout, fmt.Errorf("looking the image up took longer than %s", p.o.Timeout))
	defer cancel()
	res, err := p.scan(ctx, ref)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return res, err
}

func (p *Program) scan(ctx context.Context, ref string) (*image.Result, error) {
	img, err := p.o.Registry.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kustoms-trivy-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := img.Save(filepath.Join(dir, "image")); err != nil {
		return nil, fmt.Errorf("reading the image: %w", err)
	}
	args := []string{"image", "--input", filepath.Join(dir, "image"), "--format", "json", "--scanners", "vuln", "--list-all-pkgs", "--quiet"}
	if p.o.Offline {
		args = append(args, "--skip-db-update", "--skip-java-db-update", "--offline-scan")
	}
	var rep report
	if err := p.run(ctx, dir, args, &rep); err != nil {
		return nil, err
	}
	// Asked afterwards: the scan may have brought it up to date.
	var v version
	if err := p.run(ctx, dir, []string{"version", "--format", "json"}, &v); err != nil {
		return nil, err
	}
	if why := v.stale(p.o.Age); why != "" {
		return nil, p.fail(why, "let it fetch its database (--allow-network), or take older data with --db-max-age", nil)
	}
	return p.result(img, &rep, &v)
}

// run runs the program in a folder of ours, where no file configures it, and
// decodes what it prints.
func (p *Program) run(ctx context.Context, dir string, args []string, out any) error {
	cmd := exec.CommandContext(ctx, p.o.Path, args...)
	work := filepath.Join(dir, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	cmd.Dir, cmd.WaitDelay = work, 5*time.Second
	for _, kv := range p.o.Env {
		if name, _, _ := strings.Cut(kv, "="); slices.Contains(variables, name) {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "TRIVY_DISABLE_TELEMETRY=true", "TRIVY_SKIP_VERSION_CHECK=true", "TRIVY_NO_PROGRESS=true")
	stderr := &tail{}
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return p.fail("it cannot be started", "install trivy, or choose another --image-scanner", err)
	}
	limited := &io.LimitedReader{R: stdout, N: maxReport}
	decoding := json.NewDecoder(limited).Decode(out)
	io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return p.fail(fmt.Sprintf("%s: %q", err, stderr.last()), "run trivy by hand to see more", nil)
	}
	if limited.N <= 0 {
		return p.fail("its report is too large", "", &image.LimitError{What: "size of the report in bytes", Limit: maxReport})
	}
	if decoding != nil {
		return p.fail("its report cannot be read", "use a trivy whose reports have SchemaVersion 2", decoding)
	}
	return nil
}

// tail keeps the end of what a program says.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if n := len(t.b); n > maxStderr {
		t.b = append(t.b[:0], t.b[n-maxStderr:]...)
	}
	return len(p), nil
}

// last is the last line that says something.
func (t *tail) last() string {
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	return strings.ToValidUTF8(string(bytes.TrimSpace(lines[len(lines)-1])), "?")
}

// report is `trivy image --format json`, SchemaVersion 2.
type report struct {
	SchemaVersion int
	ArtifactType  string
	Metadata      struct {
		OS struct {
			Family, Name string
			EOSL         bool
		}
		DiffIDs []string
	}
	Results []struct {
		Target, Class, Type string
		Packages            []struct {
			ID, Name, Version, Release, Arch string
			Epoch                            int
			SrcName, SrcVersion, SrcRelease  string
			SrcEpoch                         int
			Licenses                         []string
			FilePath                         string
			Identifier                       struct{ PURL, UID string }
			Layer                            struct{ DiffID string }
		}
		Vulnerabilities []struct {
			VulnerabilityID, PkgID, PkgName, PkgPath, InstalledVersion, FixedVersion string
			Title, Description, Severity, SeveritySource, PrimaryURL                 string
			PublishedDate, LastModifiedDate                                          string
			PkgIdentifier                                                            struct{ UID string }
			VendorIDs, References                                                    []string
			CVSS                                                                     map[string]struct{ V2Vector, V3Vector, V40Vector string }
		}
	}
}

func (p *Program) result(img *registry.Image, rep *report, v *version) (*image.Result, error) {
	if rep.SchemaVersion != 2 || rep.ArtifactType != "container_image" {
		return nil, p.fail(fmt.Sprintf("its report has SchemaVersion %d and is of %q, want 2 and container_image", rep.SchemaVersion, rep.ArtifactType), "use a trivy whose reports have SchemaVersion 2", nil)
	}
	inv := &image.Inventory{Image: img.ID, Layers: img.Layers}
	img.Configure(inv)
	if f := rep.Metadata.OS.Family; f != "" && f != "none" {
		inv.Distro = image.Distro{ID: distribution(f), Version: rep.Metadata.OS.Name, Name: f + " " + rep.Metadata.OS.Name}
	}
	inv.Image.OS = inv.Distro.Name
	reports, at, system := p.read(inv, rep)
	for i := range reports {
		if at[i] < 0 {
			return nil, p.fail(fmt.Sprintf("its report speaks of a package that it does not list, by %q", reports[i].ID), "", nil)
		}
		reports[i].Package = &inv.Packages[at[i]]
	}
	switch d := inv.Distro; {
	case d.ID != "" && !system:
		inv.Gaps = append(inv.Gaps, image.Gap{What: fmt.Sprintf("packages of %q", d.Name), Why: "Trivy has no advisories for this distribution, or found no list of its packages", Hint: "scan the image with another engine"})
	case rep.Metadata.OS.EOSL:
		inv.Gaps = append(inv.Gaps, ended(d.Name))
	}
	if len(inv.Packages) == 0 {
		inv.Gaps = append(inv.Gaps, image.Gap{What: "packages", Why: "Trivy found none that could be looked up", Known: true})
	}
	found, err := match.Join(inv, reports)
	if err != nil {
		return nil, p.fail("its report makes no sense", "", err)
	}
	return &image.Result{
		Inventory: *inv, Engine: "trivy " + v.Version, DataFrom: v.DB.UpdatedAt,
		Vulnerabilities: found.Vulnerabilities, Hidden: found.Hidden,
	}, nil
}

// read takes packages into the inventory and lists what is said of which: at
// holds an index of the inventory's packages, or -1.
func (p *Program) read(inv *image.Inventory, rep *report) (reports []match.Reported, at []int, system bool) {
	layers := map[string]int{}
	for i, l := range inv.Layers {
		layers[l.DiffID] = i
	}
	for _, r := range rep.Results {
		byID := map[string]int{}
		eco := ecosystemOf(r.Type)
		if r.Class == classOS {
			system, eco = true, sbom.Ecosystem(inv.Distro)
		}
		for _, q := range r.Packages {
			n, ok := layers[q.Layer.DiffID]
			if !ok {
				n = -1
			}
			pkg := image.Package{
				Name: q.Name, Version: joined(q.Epoch, q.Version, q.Release), Ecosystem: eco, PURL: q.Identifier.PURL, Arch: q.Arch,
				Licenses: q.Licenses, Path: cmp.Or(q.FilePath, r.Target), Layer: n, OS: r.Class == classOS,
			}
			if pkg.OS {
				pkg.Source, pkg.SourceVersion, pkg.Path = q.SrcName, joined(q.SrcEpoch, q.SrcVersion, q.SrcRelease), q.FilePath
				kind, _, _ := strings.Cut(strings.TrimPrefix(pkg.PURL, "pkg:"), "/")
				pkg.PURL = sbom.SystemPURL(&sbom.Package{Kind: kind, Name: pkg.Name, Version: pkg.Version, Arch: pkg.Arch, Source: pkg.Source, SourceVersion: pkg.SourceVersion}, inv.Distro)
			}
			for _, key := range []string{"uid " + q.Identifier.UID, "at " + q.ID + " " + q.FilePath, "id " + q.ID} {
				if _, taken := byID[key]; !taken {
					byID[key] = len(inv.Packages)
				}
			}
			inv.Packages = append(inv.Packages, pkg)
		}
		for _, v := range r.Vulnerabilities {
			f := facts{
				ID: v.VulnerabilityID, Aliases: v.VendorIDs, Title: v.Title, Details: v.Description, Severity: v.Severity, Source: v.SeveritySource,
				Fixed: v.FixedVersion, Published: v.PublishedDate, Modified: v.LastModifiedDate, Refs: v.References, Primary: v.PrimaryURL,
			}
			for source, c := range v.CVSS {
				f.score(source, c.V40Vector, c.V3Vector, c.V2Vector)
			}
			reports = append(reports, f.reported())
			i := -1
			for _, key := range []string{"uid " + v.PkgIdentifier.UID, "at " + v.PkgID + " " + v.PkgPath, "id " + v.PkgID} {
				if n, ok := byID[key]; ok && key != "uid " {
					i = n
					break
				}
			}
			at = append(at, i)
		}
	}
	return reports, at, system
}

func joined(epoch int, version, release string) string {
	if release != "" {
		version += "-" + release
	}
	if epoch > 0 {
		version = fmt.Sprintf("%d:%s", epoch, version)
	}
	return version
}

// Find is the program in the operator's PATH.
func Find() (string, error) {
	p, err := exec.LookPath("trivy")
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("no program trivy in PATH")
	}
	return p, err
}
