package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/upgrade"
	"github.com/kustoms-dev/kustoms/pkg/image/vex"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/secret"
)

// maxLayerDownload bounds one response: layers and databases are larger than
// what else is fetched.
const maxLayerDownload = 16 << 30

// allPlatforms is a value of --platform.
const allPlatforms = "all"

// registryFlags say where images may be read from.
func registryFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringSliceFlag{Name: "registry", EnvVars: []string{"KUSTOMS_REGISTRY"}, Usage: "with --allow-network, read images of this `HOST`, such as docker.io, registry.example.com:5000 or *.example.com; repeatable"},
		&ucli.StringSliceFlag{Name: "registry-mirror", EnvVars: []string{"KUSTOMS_REGISTRY_MIRROR"}, Usage: "try a mirror before a registry, as `HOST=MIRROR[/PATH]`; repeatable"},
		&ucli.StringFlag{Name: "platform", EnvVars: []string{"KUSTOMS_PLATFORM"}, Usage: "of images for several platforms, read the one for `OS/ARCH`, or all (default: linux/amd64, or the first for Linux)"},
		&ucli.DurationFlag{Name: "image-timeout", EnvVars: []string{"KUSTOMS_IMAGE_TIMEOUT"}, Value: 10 * time.Minute, Usage: "give up one image after this `TIME`"},
		&ucli.StringFlag{Name: "epss", EnvVars: []string{"KUSTOMS_EPSS"}, Usage: "say how likely vulnerabilities are exploited, by FIRST's CSV `FILE` (.gz too)"},
		&ucli.StringFlag{Name: "sbom", EnvVars: []string{"KUSTOMS_SBOM"}, Usage: "write what each image holds into this `DIR`, as CycloneDX 1.6 and SPDX 2.3"},
		&ucli.StringFlag{Name: "kev", EnvVars: []string{"KUSTOMS_KEV"}, Usage: "say which vulnerabilities are known to be exploited, by CISA's JSON `FILE`"},
	}
}

// imagePolicyFlags say which vulnerabilities fail the run.
func imagePolicyFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{Name: "image-fail-on", EnvVars: []string{"KUSTOMS_IMAGE_FAIL_ON"}, Usage: "fail on vulnerabilities of this `SEVERITY` or worse, instead of --fail-on"},
		&ucli.BoolFlag{Name: "image-fail-on-fixable", EnvVars: []string{"KUSTOMS_IMAGE_FAIL_ON_FIXABLE"}, Usage: "fail only on vulnerabilities that a version mends"},
		&ucli.BoolFlag{Name: "image-fail-on-exploited", EnvVars: []string{"KUSTOMS_IMAGE_FAIL_ON_EXPLOITED"}, Usage: "fail on every vulnerability that is known to be exploited; needs --kev"},
		&ucli.BoolFlag{Name: "ignore-unfixed", EnvVars: []string{"KUSTOMS_IGNORE_UNFIXED"}, Usage: "suppress vulnerabilities that no version mends yet and that are not known to be exploited"},
		&ucli.StringSliceFlag{Name: "vex", EnvVars: []string{"KUSTOMS_VEX"}, Usage: "suppress vulnerabilities that VEX documents clear, of a JSON `FILE` or a directory of them (OpenVEX, CSAF, CycloneDX); repeatable"},
		&ucli.StringFlag{Name: "unknown-severity", EnvVars: []string{"KUSTOMS_UNKNOWN_SEVERITY"}, Usage: "the `SEVERITY` of vulnerabilities that no source rates (default: medium)"},
	}
}

// dbFlags say where vulnerability data is and comes from.
func dbFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{Name: "db-dir", EnvVars: []string{"KUSTOMS_DB_DIR"}, Usage: "keep vulnerability data in this `DIR` (default: kustoms/vulnerabilities in the user's cache directory)"},
		&ucli.StringFlag{Name: "db-source", EnvVars: []string{"KUSTOMS_DB_SOURCE"}, Value: db.PublicURL, Usage: "fetch it from this `ADDRESS`: https://… laid out as OSV's bucket, oci://registry/repository:tag, or a folder"},
		&ucli.DurationFlag{Name: "db-max-age", EnvVars: []string{"KUSTOMS_DB_MAX_AGE"}, Value: db.DefaultMaxAge, Usage: "take data of this `AGE` at most; 0 takes any"},
	}
}

// dbStore is the store that the flags name.
func dbStore(c *ucli.Context) (*db.Store, error) {
	dir := c.String("db-dir")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, usage("say where with --db-dir", "no place for vulnerability data: %v", err)
		}
		dir = filepath.Join(base, "kustoms", "vulnerabilities")
	}
	return &db.Store{Dir: dir, Now: time.Now}, nil
}

// dbSource is where the flags fetch data from; nil, and why, where they may
// not.
func dbSource(c *ucli.Context, p network.Policy) (src db.Source, why string, err error) {
	addr := c.String("db-source")
	remote := strings.Contains(addr, "://")
	if remote && !p.Allow {
		return nil, "the network is not allowed", nil
	}
	o := db.SourceOptions{Insecure: p.Insecure}
	if remote {
		// The operator's own word names the source's host.
		_, rest, _ := strings.Cut(addr, "://")
		host, _, _ := strings.Cut(rest, "/")
		p.Hosts = append(slices.Clone(p.Hosts), host)
		p.Hosts = append(p.Hosts, registry.Companions(host)...)
		p.MaxBody = maxLayerDownload
		if o.Client, err = p.Client(); err != nil {
			return nil, "", usage("", "network: %v", err)
		}
	}
	if src, err = db.NewSource(addr, o); err != nil {
		return nil, "", usage("kustoms db update --help shows the forms", "--db-source: %v", err)
	}
	return src, "", nil
}

// registryReader opens images as the flags allow.
func registryReader(c *ucli.Context, p network.Policy, local bool) (*registry.Reader, error) {
	o := registry.Options{Cache: openCache(c), Insecure: p.Insecure, Platform: c.String("platform"), Local: local, Mirrors: map[string][]string{}}
	if o.Platform == allPlatforms {
		o.Platform = ""
	}
	named := p // what references may name
	named.Hosts = slices.Concat(p.Hosts, c.StringSlice("registry"))
	for _, h := range c.StringSlice("registry") {
		if h == "docker.io" {
			named.Hosts = append(named.Hosts, "index.docker.io")
		}
	}
	for _, m := range c.StringSlice("registry-mirror") {
		from, to, ok := strings.Cut(m, "=")
		if !ok || from == "" || to == "" {
			return nil, usage("such as docker.io=mirror.example.com/dockerhub", "--registry-mirror %q: want HOST=MIRROR[/PATH]", m)
		}
		o.Mirrors[from] = append(o.Mirrors[from], to)
		host, _, _ := strings.Cut(to, "/")
		named.Hosts = append(named.Hosts, host)
	}
	if err := named.Check(); err != nil {
		return nil, usage("", "--registry: %v", err)
	}
	if p.Allow {
		reached := named // where registries send their clients, too
		reached.Hosts = slices.Clone(named.Hosts)
		for _, h := range named.Hosts {
			reached.Hosts = append(reached.Hosts, registry.Companions(h)...)
		}
		reached.MaxBody = maxLayerDownload
		t, err := reached.Transport()
		if err != nil {
			return nil, usage("", "network: %v", err)
		}
		o.Transport, o.Allowed = t, named.Reaches
	}
	secrets, err := secret.New(secret.Options{}) // a repository's allow list is not about images
	if err != nil {
		return nil, err
	}
	o.Secrets = secrets.Scan
	r, err := registry.New(o)
	if err != nil {
		return nil, usage("", "%v", err)
	}
	return r, nil
}

// imageScanner is the scanner that the flags describe. Close it.
func imageScanner(c *ucli.Context, cfg *config.Config, docs *vex.Documents, stderr io.Writer, local bool) (image.Scanner, func() error, error) {
	if isTrue(cfg.Image.FailOnExploited) && c.String("kev") == "" {
		return nil, nil, usage("give CISA's catalogue with --kev FILE", "to fail on what is known to be exploited, that must be known")
	}
	exploits, err := readExploits(c)
	if err != nil {
		return nil, nil, err
	}
	limit, err := cacheSize(c)
	if err != nil {
		return nil, nil, err
	}
	p, err := networkPolicy(c, cfg)
	if err != nil {
		return nil, nil, err
	}
	reader, err := registryReader(c, p, local)
	if err != nil {
		return nil, nil, err
	}
	jobs := cfg.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	s, done, err := engine(c, cfg, engineParts{policy: p, reader: reader, jobs: jobs, stderr: stderr})
	if err != nil {
		return nil, nil, err
	}
	if c.String("platform") == allPlatforms {
		s = image.AllPlatforms(s, reader.Platforms)
	}
	if c.Bool("suggest-upgrades") {
		s = upgrade.Suggest(image.Once(s, jobs), reader.Tags)
	}
	if s, err = withSBOM(s, c.String("sbom")); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return image.Once(vex.Apply(image.WithExploits(s, exploits), docs), jobs), func() error {
		_, _ = openCache(c).Trim(limit) // what cannot be trimmed fails no scan
		return done()
	}, nil
}

// nativeScanner is the engine that needs no service.
func nativeScanner(c *ucli.Context, parts engineParts) (image.Scanner, func() error, error) {
	store, err := dbStore(c)
	if err != nil {
		return nil, nil, err
	}
	src, why, err := dbSource(c, parts.policy)
	if err != nil {
		return nil, nil, err
	}
	data := &db.Opener{Store: store, Source: src, Why: why, MaxAge: c.Duration("db-max-age"), Tell: dbProgress(parts.stderr, c.Bool("quiet"))}
	o := nativeOptions(c, parts)
	o.Data = data
	return native.New(o), data.Close, nil
}

// nativeOptions are those of reading images.
func nativeOptions(c *ucli.Context, parts engineParts) native.Options {
	o := native.Options{Registry: parts.reader, Cache: openCache(c), Timeout: c.Duration("image-timeout"), Jobs: parts.jobs}
	if parts.share != nil {
		o.Known = parts.share.Known
	}
	return o
}

// readExploits reads the operator's files. One that cannot be read ends the
// run: what it lists would look harmless.
func readExploits(c *ucli.Context) (x image.Exploits, err error) {
	if x.EPSS, err = readNamed(c, "epss", image.ReadEPSS); err == nil {
		x.KEV, err = readNamed(c, "kev", image.ReadKEV)
	}
	return x, err
}

// readNamed reads the file that a flag names; the zero value without one.
func readNamed[T any](c *ucli.Context, flag string, read func(io.Reader) (T, error)) (out T, err error) {
	name := c.String(flag)
	if name == "" {
		return out, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return out, usage("", "--%s: %v", flag, err)
	}
	defer f.Close()
	if out, err = read(f); err != nil {
		return out, usage("kustoms scan --help says which file", "--%s %s: %v", flag, name, err)
	}
	return out, nil
}

// lookUp gives the run's image analyzer a scanner.
func lookUp(run *scan.Run, s image.Scanner) {
	for i, a := range run.Analyzers {
		if a, ok := a.(image.Analyzer); ok {
			a.Scanner = s
			run.Analyzers[i] = a
		}
	}
}

// dbProgress tells of an update: on a terminal as it goes, elsewhere a line a
// step.
func dbProgress(w io.Writer, quiet bool) db.Progress {
	if quiet {
		return nil
	}
	last := ""
	return func(eco, step string, done, total int64) {
		line := fmt.Sprintf("%s the advisories of %s", step, eco)
		if !isTerminal(w) {
			if line != last {
				fmt.Fprintf(w, "kustoms: %s\n", line)
			}
			last = line
			return
		}
		unit, scale := "", int64(1)
		if step == "fetching" {
			unit, scale = " MB", 1<<20
		}
		if total > 0 {
			fmt.Fprintf(w, "\r\x1b[K%s: %d of %d%s", line, done/scale, total/scale, unit)
		} else {
			fmt.Fprintf(w, "\r\x1b[K%s: %d%s", line, done/scale, unit)
		}
		if total > 0 && done >= total {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}
