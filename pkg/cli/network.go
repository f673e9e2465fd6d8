package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/dependency"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// charts gets what charts depend on.
func charts(c *ucli.Context, cfg *config.Config) (*dependency.Source, error) {
	policy, err := networkPolicy(c, cfg)
	if err != nil {
		return nil, err
	}
	s := &dependency.Source{Cache: openCache(c), Policy: policy}
	// Without the network, a repository's name in Helm's configuration still
	// says under which address the cache has its charts.
	var files [2][]byte
	for i, f := range []struct{ flag, file string }{{"helm-repository-config", "repositories.yaml"}, {"helm-registry-config", "registry/config.json"}} {
		p := c.String(f.flag)
		if p == "" {
			dir, err := os.UserConfigDir()
			if err != nil {
				continue // no home
			}
			p = filepath.Join(dir, "helm", f.file)
		}
		data, err := os.ReadFile(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, usage("", "--%s: %v", f.flag, err)
		}
		files[i] = data
	}
	if s.Credentials, err = dependency.NewCredentials(files[0], files[1]); err != nil {
		return nil, usage("mend the file, or name another with --helm-repository-config or --helm-registry-config", "%v", err)
	}
	return s, nil
}

// openCache is nil, which keeps nothing, where there is no place for one.
func openCache(c *ucli.Context) *cache.Store {
	if dir := c.String("cache-dir"); dir != "" {
		return cache.Open(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	return cache.Open(filepath.Join(dir, "kustoms"))
}

// networkFlags say what may be reached; without the first, nothing.
func networkFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.BoolFlag{Name: "allow-network", EnvVars: []string{"KUSTOMS_ALLOW_NETWORK"}, Usage: "use the network, for the hosts that --allow-host names and for no others"},
		&ucli.StringSliceFlag{Name: "allow-host", EnvVars: []string{"KUSTOMS_ALLOW_HOST"}, Usage: "with --allow-network, reach this `HOST`, such as ghcr.io, registry.example.com:5000 or *.example.com; repeatable"},
		&ucli.StringSliceFlag{Name: "insecure-host", EnvVars: []string{"KUSTOMS_INSECURE_HOST"}, Usage: "with --allow-network, reach this `HOST` by plain HTTP, or with a certificate that nothing vouches for; repeatable"},
		&ucli.StringFlag{Name: "ca-file", EnvVars: []string{"KUSTOMS_CA_FILE"}, Usage: "trust the certificates in this PEM `FILE`, beside the system's"},
		&ucli.StringFlag{Name: "cache-dir", EnvVars: []string{"KUSTOMS_CACHE_DIR"}, Usage: "keep what is fetched in `DIR` (default: kustoms in the user's cache folder), and remember there for the next run what came of this one"},
		&ucli.StringFlag{Name: "helm-repository-config", EnvVars: []string{"HELM_REPOSITORY_CONFIG"}, Usage: "`FILE` of Helm's repositories and their credentials (default: Helm's)"},
		&ucli.StringFlag{Name: "helm-registry-config", EnvVars: []string{"HELM_REGISTRY_CONFIG"}, Usage: "`FILE` of Helm's log-ins to OCI registries (default: Helm's)"},
	}
}

// networkPolicy is what the operator allows: the flags over the operator's
// configuration file. It never comes from the repository.
func networkPolicy(c *ucli.Context, cfg *config.Config) (network.Policy, error) {
	p := network.Policy{UserAgent: "kustoms/" + version()}
	caFile := ""
	if n := cfg.Network; n != nil {
		p.Allow = n.Allow != nil && *n.Allow
		p.Hosts, p.Insecure, caFile = n.Hosts, n.Insecure, n.CAFile
	}
	if c.IsSet("allow-network") {
		p.Allow = c.Bool("allow-network")
	}
	// CI systems pass empty variables.
	given := func(flag string) []string {
		return slices.DeleteFunc(c.StringSlice(flag), func(s string) bool { return strings.TrimSpace(s) == "" })
	}
	p.Hosts = slices.Concat(p.Hosts, given("allow-host"))
	p.Insecure = slices.Concat(p.Insecure, given("insecure-host"))
	if f := c.String("ca-file"); f != "" {
		caFile = f
	}
	if caFile != "" {
		data, err := os.ReadFile(caFile)
		if err != nil {
			return p, usage("", "--ca-file: %v", err)
		}
		p.CA = data
	}
	if err := p.Check(); err != nil {
		return p, usage("kustoms scan --help shows the forms", "network: %v", err)
	}
	return p, nil
}
