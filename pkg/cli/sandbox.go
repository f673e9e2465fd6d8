package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/sandbox"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func sandboxFlag() ucli.Flag {
	return &ucli.BoolFlag{Name: "sandbox", EnvVars: []string{"KUSTOMS_SANDBOX"}, Usage: "on Linux, have the kernel refuse what the run does not need: files but the repository and what flags name, programs and, without --allow-network, sockets"}
}

// confine enters the sandbox, for good: nothing after it may need more.
func confine(c *ucli.Context, repo *source.Repo, cfg *config.Config, stderr io.Writer) error {
	if !c.Bool("sandbox") {
		return nil
	}
	policy, err := networkPolicy(c, cfg)
	if err != nil {
		return err
	}
	n := sandbox.Need{Read: []string{repo.Dir()}, Write: []string{os.TempDir()}, Network: policy.Allow, Programs: c.String("image-scanner") == "trivy"}
	if g, err := git.Open(repo.Dir()); err == nil {
		n.Read = append(n.Read, g.Dirs...)
		g.Close()
	}
	if exe, err := os.Executable(); err == nil {
		n.Read = append(n.Read, exe)
	}
	n.Read = append(n.Read, flagPaths(c)...)
	n.Read = append(n.Read, credentialFiles()...)
	for _, r := range c.StringSlice("report") {
		if _, file, ok := strings.Cut(r, "="); ok && file != "-" {
			n.Write = append(n.Write, filepath.Dir(file))
		}
	}
	if s := openCache(c); s != nil && s.Dir() != "" {
		n.Write = append(n.Write, made(s.Dir()))
	}
	if s, err := dbStore(c); err == nil && c.Bool("images") {
		n.Write = append(n.Write, made(s.Dir))
	}
	missing, err := sandbox.Enter(n)
	if err != nil {
		return usage("run without --sandbox, or let the container use Landlock and seccomp", "--sandbox: %v", err)
	}
	for _, m := range missing {
		fmt.Fprintf(stderr, "kustoms: warning: --sandbox does not confine %s\n", m)
	}
	return nil
}

// made is a directory that is made if it is not there: what does not exist
// cannot be allowed.
func made(dir string) string {
	_ = os.MkdirAll(dir, 0o700) // who needs it will tell
	return dir
}

// flagPaths are the files and directories that flags name, whichever flags.
func flagPaths(c *ucli.Context) []string {
	var out []string
	add := func(s string) {
		if s == "" {
			return
		}
		if _, err := os.Stat(s); err == nil {
			out = append(out, s)
		}
	}
	for _, name := range c.FlagNames() {
		switch v := c.Value(name).(type) {
		case string:
			add(v)
		case ucli.StringSlice:
			for _, s := range v.Value() {
				add(s)
			}
		}
	}
	return out
}

// credentialFiles are where registries' log-ins stand.
func credentialFiles() []string {
	out := []string{os.Getenv("DOCKER_CONFIG")}
	if home, err := os.UserHomeDir(); err == nil {
		out = append(out, filepath.Join(home, ".docker"))
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		out = append(out, filepath.Join(dir, "containers"))
	}
	if dir, err := os.UserConfigDir(); err == nil {
		out = append(out, filepath.Join(dir, "helm"))
	}
	return out
}
