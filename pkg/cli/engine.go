package cli

import (
	"cmp"
	"io"
	"os"
	"slices"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/clair"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/sbom"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
	"github.com/kustoms-dev/kustoms/pkg/image/share"
	"github.com/kustoms-dev/kustoms/pkg/image/trivy"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// tokenVariable holds the credentials of the service that scans. There is no
// flag for them: other users of the machine see command lines.
const tokenVariable = "KUSTOMS_IMAGE_SCANNER_TOKEN"

// engineParts are what engines are made of.
type engineParts struct {
	share   *share.Scanner // nil shares nothing
	scanner config.Scanner // the flags over the operator's configuration
	policy  network.Policy
	reader  *registry.Reader
	jobs    int
	stderr  io.Writer
}

// engineNames are the values of --image-scanner.
const engineNames = "native, trivy-server, trivy or clair"

// engineFlags say who looks images up. They and the environment are the
// operator's; a repository has no word in where credentials go.
func engineFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{Name: "image-scanner", EnvVars: []string{"KUSTOMS_IMAGE_SCANNER"}, Usage: "have images looked up by this `ENGINE`: " + engineNames + " (default: native)"},
		&ucli.StringFlag{Name: "image-scanner-url", EnvVars: []string{"KUSTOMS_IMAGE_SCANNER_URL"}, Usage: "`ADDRESS` of the Trivy server or of Clair; " + tokenVariable + " holds Trivy's token or Clair's pre-shared key in base64"},
		&ucli.StringFlag{Name: "image-scanner-issuer", EnvVars: []string{"KUSTOMS_IMAGE_SCANNER_ISSUER"}, Usage: "`NAME` that Clair knows the holder of its pre-shared key by, auth.psk.iss of its configuration (default: kustoms)"},
		&ucli.BoolFlag{Name: "suggest-upgrades", EnvVars: []string{"KUSTOMS_SUGGEST_UPGRADES"}, Usage: "look up newer tags of vulnerable images, too, and say which move mends what"},
		&ucli.StringFlag{Name: "share-results", EnvVars: []string{"KUSTOMS_SHARE_RESULTS"}, Usage: "`HOW` to share results beside the images in their registries: read takes those of other runs, write attaches this run's, too (default: not at all)"},
		&ucli.DurationFlag{Name: "share-max-age", EnvVars: []string{"KUSTOMS_SHARE_MAX_AGE"}, Value: 24 * time.Hour, Usage: "take shared results of this `AGE` at most; 0 takes any"},
	}
}

// engine makes the engine that the operator names. Close it.
func engine(c *ucli.Context, cfg *config.Config, p engineParts) (image.Scanner, func() error, error) {
	if cfg.Network != nil {
		p.scanner = cfg.Network.Scanner
	}
	for flag, to := range map[string]*string{"image-scanner": &p.scanner.Engine, "image-scanner-url": &p.scanner.URL, "image-scanner-issuer": &p.scanner.Issuer} {
		*to = cmp.Or(c.String(flag), *to) // CI systems pass empty variables
	}
	p.scanner.Engine = cmp.Or(p.scanner.Engine, "native")
	var err error
	if p.share, err = sharing(c, p); err != nil {
		return nil, nil, err
	}
	s, done, err := bareEngine(c, p)
	if err != nil || p.share == nil {
		return s, done, err
	}
	return p.share.Before(s), done, nil
}

// sharing is nil where nothing is shared.
func sharing(c *ucli.Context, p engineParts) (*share.Scanner, error) {
	how := c.String("share-results")
	switch how {
	case "":
		return nil, nil
	case "read", "write":
	default:
		return nil, usage("read or write", "--share-results: %q is neither", how)
	}
	return share.New(share.Options{
		Registry: p.reader, Write: how == "write", MaxAge: c.Duration("share-max-age"), DataMaxAge: c.Duration("db-max-age"), Now: time.Now,
		Engine: p.scanner.Engine, Format: share.Format + "/" + sbom.Version, Version: version(),
	}), nil
}

func bareEngine(c *ucli.Context, p engineParts) (image.Scanner, func() error, error) {
	switch name := p.scanner.Engine; name {
	case "native":
		return nativeScanner(c, p)
	case "trivy-server":
		return trivyServer(c, p)
	case "trivy":
		return trivyProgram(c, p)
	case "clair":
		return clairScanner(c, p)
	default:
		return nil, nil, usage("one of "+engineNames, "--image-scanner: there is no engine %q", name)
	}
}

func noClose() error { return nil }

// serviceClient reaches the service that the operator named, and nothing else.
func serviceClient(c *ucli.Context, parts engineParts) (service.Client, error) {
	p := parts.policy
	addr := parts.scanner.URL
	if addr == "" {
		return service.Client{}, usage("--image-scanner-url https://scanner.example.com", "--image-scanner %s: at which address?", parts.scanner.Engine)
	}
	u, err := service.Parse(addr)
	if err != nil {
		return service.Client{}, usage("--image-scanner-url https://scanner.example.com", "--image-scanner-url: %v", err)
	}
	if !p.Allow {
		return service.Client{}, usage("add --allow-network", "--image-scanner %s asks %s, and the network is not allowed", parts.scanner.Engine, u.Host)
	}
	p.Hosts = []string{u.Host}
	p.Insecure = slices.DeleteFunc(slices.Clone(p.Insecure), func(h string) bool { return h != u.Host })
	if u.Scheme == "http" && len(p.Insecure) == 0 {
		return service.Client{}, usage("use https, or add --insecure-host "+u.Host, "--image-scanner-url: credentials and lists of packages would go over the network in the clear")
	}
	p.Stall = c.Duration("image-timeout") // Clair answers when it has read the image
	p.Retries = -1                        // the client repeats, POST too
	hc, err := p.Client()
	if err != nil {
		return service.Client{}, usage("", "network: %v", err)
	}
	return service.Client{Base: u, HTTP: hc, Credential: tokenVariable}, nil
}

func trivyServer(c *ucli.Context, p engineParts) (image.Scanner, func() error, error) {
	sc, err := serviceClient(c, p)
	if err != nil {
		return nil, nil, err
	}
	sc.Authorize = trivy.Authorize(os.Getenv(tokenVariable))
	lister := native.New(nativeOptions(c, p))
	return trivy.NewServer(trivy.ServerOptions{Service: sc, Lister: lister, Age: dataAge(c), Timeout: c.Duration("image-timeout")}), noClose, nil
}

func trivyProgram(c *ucli.Context, p engineParts) (image.Scanner, func() error, error) {
	path, err := trivy.Find()
	if err != nil {
		return nil, nil, usage("install trivy, or choose another engine: native, trivy-server or clair", "--image-scanner trivy: %v", err)
	}
	return trivy.NewProgram(trivy.ProgramOptions{
		Path: path, Registry: p.reader, Env: os.Environ(), Offline: !p.policy.Allow, Age: dataAge(c), Timeout: c.Duration("image-timeout"),
	}), noClose, nil
}

func clairScanner(c *ucli.Context, p engineParts) (image.Scanner, func() error, error) {
	sc, err := serviceClient(c, p)
	if err != nil {
		return nil, nil, err
	}
	if sc.Authorize, err = clair.Authorize(os.Getenv(tokenVariable), cmp.Or(p.scanner.Issuer, "kustoms"), time.Now); err != nil {
		return nil, nil, usage("it is auth.psk.key of Clair's configuration", "%s: %v", tokenVariable, err)
	}
	return clair.New(clair.Options{
		Service: sc, Registry: p.reader, Cache: openCache(c), MaxAge: c.Duration("db-max-age"), Now: time.Now, Timeout: c.Duration("image-timeout"),
	}), noClose, nil
}

func dataAge(c *ucli.Context) trivy.Age {
	return trivy.Age{Max: c.Duration("db-max-age"), Now: time.Now}
}
