package cli

import (
	"os"
	"slices"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// networkFlags say what may be reached; without the first, nothing.
func networkFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.BoolFlag{Name: "allow-network", EnvVars: []string{"KUSTOMS_ALLOW_NETWORK"}, Usage: "use the network, for the hosts that --allow-host names and for no others"},
		&ucli.StringSliceFlag{Name: "allow-host", EnvVars: []string{"KUSTOMS_ALLOW_HOST"}, Usage: "with --allow-network, reach this `HOST`, such as ghcr.io, registry.example.com:5000 or *.example.com; repeatable"},
		&ucli.StringSliceFlag{Name: "insecure-host", EnvVars: []string{"KUSTOMS_INSECURE_HOST"}, Usage: "with --allow-network, reach this `HOST` by plain HTTP, or with a certificate that nothing vouches for; repeatable"},
		&ucli.StringFlag{Name: "ca-file", EnvVars: []string{"KUSTOMS_CA_FILE"}, Usage: "trust the certificates in this PEM `FILE`, beside the system's"},
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
	p.Hosts = slices.Concat(p.Hosts, c.StringSlice("allow-host"))
	p.Insecure = slices.Concat(p.Insecure, c.StringSlice("insecure-host"))
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
