package cli

import (
	"encoding"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// open opens the repository and reads its configuration under the flags.
// Close the repository.
func open(c *ucli.Context) (*source.Repo, *config.Config, error) { return openAt(c, c.Args().Slice()) }

// openAt is open for paths that are not the command's arguments.
func openAt(c *ucli.Context, args []string) (*source.Repo, *config.Config, error) {
	given := len(args) > 0
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, a := range args {
		if _, err := os.Stat(a); err != nil {
			return nil, nil, usage("check the path; it is relative to the working directory", "path %q does not exist", a)
		}
	}
	root := c.String("root")
	if root == "" {
		var err error
		if root, err = rootOf(args); err != nil {
			return nil, nil, err
		}
	}
	var size config.Size
	if s := c.String("max-file-size"); s != "" {
		if err := size.UnmarshalText([]byte(s)); err != nil {
			return nil, nil, usage("", "--max-file-size: %v", err)
		}
	}
	repo, err := source.OpenRepo(root, int64(size))
	if err != nil {
		return nil, nil, usage("", "opening repository %q: %v", root, err)
	}
	cfg, err := configure(c, repo, args, given)
	if err == nil && size == 0 && cfg.Limits.MaxFileSize > 0 {
		repo.Close()
		repo, err = source.OpenRepo(root, int64(cfg.Limits.MaxFileSize))
	}
	if err != nil {
		repo.Close()
		return nil, nil, err
	}
	return repo, cfg, nil
}

// configure reads the configuration file and puts the flags over it.
func configure(c *ucli.Context, repo *source.Repo, paths []string, given bool) (*config.Config, error) {
	var cfg *config.Config
	var err error
	ours := true // the file is the repository's
	if f := c.String("config"); f != "" {
		// The operator's word, not the repository's: it may stand anywhere.
		data, rerr := os.ReadFile(f)
		if rerr != nil {
			return nil, usage("", "--config: %v", rerr)
		}
		name := filepath.ToSlash(f)
		rel, rerr := repo.Rel(f)
		if ours = rerr == nil; ours {
			name = rel
		}
		cfg, err = config.Parse(name, data)
	} else {
		cfg, err = config.Load(repo)
	}
	if err != nil {
		return nil, err
	}
	if cfg.Network != nil && ours {
		return nil, &config.Error{
			At:   cfg.Network.At,
			Msg:  `"network" must not stand in the repository: a change that is scanned would decide what it may reach`,
			Hint: "use --allow-network and --allow-host, or a file outside of the repository with --config",
		}
	}
	if err := flagsOver(c, repo, cfg); err != nil {
		return nil, err
	}
	if given {
		cfg.Paths = nil
		for _, a := range paths {
			p, err := repo.Rel(a)
			if err != nil {
				return nil, usage("give all paths below one root, or set --root", "%v", err)
			}
			cfg.Paths = append(cfg.Paths, config.Path(p))
			cfg.Narrowed = cfg.Narrowed || p != "."
		}
	}
	return cfg, nil
}

// flagsOver puts the flags over what the file says.
func flagsOver(c *ucli.Context, repo *source.Repo, cfg *config.Config) error {
	// An empty flag or variable is none: CI systems pass empty variables.
	for name, into := range map[string]encoding.TextUnmarshaler{
		"fail-on": &cfg.FailOn, "image-fail-on": &cfg.Image.FailOn, "kube-version": &cfg.KubeVersion, "profile": &cfg.Profile,
		"render-timeout": &cfg.Limits.RenderTimeout, "max-render-size": &cfg.Limits.MaxRenderSize,
	} {
		if v := c.String(name); v != "" {
			if err := into.UnmarshalText([]byte(v)); err != nil {
				return usage("", "--%s: %v", name, err)
			}
		}
	}
	if v := c.String("unknown-severity"); v != "" {
		s, err := result.ParseSeverity(v)
		if err != nil {
			return usage("", "--unknown-severity: %v", err)
		}
		cfg.Image.UnknownSeverity = &s
	}
	for name, into := range map[string]**bool{
		"image-fail-on-fixable": &cfg.Image.FailOnFixable, "image-fail-on-exploited": &cfg.Image.FailOnExploited, "ignore-unfixed": &cfg.Image.IgnoreUnfixed,
	} {
		if yes := c.Bool(name); yes {
			*into = &yes
		}
	}
	if c.String("fail-on") == "none" { // never fails, whatever the file says of images
		cfg.Image.FailOn, cfg.Image.FailOnExploited = cfg.FailOn, nil
		if v := c.String("image-fail-on"); v != "" {
			cfg.Image.FailOn = config.Threshold(v)
		}
		if yes := c.Bool("image-fail-on-exploited"); yes {
			cfg.Image.FailOnExploited = &yes
		}
	}
	cfg.Exclude = append(cfg.Exclude, own(c, repo)...)
	for _, g := range c.StringSlice("exclude") {
		var glob config.Glob
		if err := glob.UnmarshalText([]byte(g)); err != nil {
			return usage("", "--exclude: %v", err)
		}
		cfg.Exclude = append(cfg.Exclude, glob)
	}
	for _, r := range c.StringSlice("rules") {
		if name, without := strings.CutPrefix(r, "-"); without {
			cfg.Without = append(cfg.Without, name)
		} else {
			cfg.Only = append(cfg.Only, r)
		}
	}
	if list := c.StringSlice("policies"); len(list) > 0 {
		cfg.Policies = nil
		for _, f := range list {
			rel, err := repo.Rel(f)
			if err != nil {
				return usage("policies stand in the repository that they check; set --root to what holds both", "--policies: %v", err)
			}
			cfg.Policies = append(cfg.Policies, config.Policy{Path: config.Path(rel)})
		}
	}
	cfg.Jobs = c.Int("jobs")
	return nil
}

// rootOf is the top of the git working tree that holds all the paths or, where
// there is none, the deepest directory that does.
func rootOf(paths []string) (string, error) {
	common := ""
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(abs); err == nil && !info.IsDir() {
			abs = filepath.Dir(abs)
		}
		if i == 0 {
			common = abs
		}
		for common != filepath.Dir(common) && abs != common && !strings.HasPrefix(abs, common+string(filepath.Separator)) {
			common = filepath.Dir(common)
		}
	}
	for dir := common; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return common, nil
		}
	}
}

// own are the files below the root that are the run's and no part of the
// repository: its cache, where CI systems want it, and its reports.
func own(c *ucli.Context, repo *source.Repo) []config.Glob {
	var out []config.Glob
	if dir := c.String("cache-dir"); dir != "" {
		if rel, err := repo.Rel(dir); err == nil && rel != "." {
			out = append(out, config.Glob(rel), config.Glob(rel+"/**"))
		}
	}
	return append(out, ownReports(c, repo)...)
}

// shardReport is how kustoms ci names the reports of shards.
var shardReport = regexp.MustCompile(`^shard-\d+\.json$`)

// ownReports are the reports that this run and its shards write below the root,
// and what they are called until they are whole: other jobs may write theirs
// while this one looks around.
func ownReports(c *ucli.Context, repo *source.Repo) []config.Glob {
	var out []config.Glob
	for _, r := range c.StringSlice("report") {
		_, file, ok := strings.Cut(r, "=")
		if !ok || file == "-" {
			continue
		}
		dir, err := repo.Rel(filepath.Dir(file))
		if err != nil {
			continue // outside
		}
		base := filepath.Base(file)
		if shardReport.MatchString(base) {
			base = "shard-*.json"
		} else {
			base = globbed.Replace(base)
		}
		dir = globbed.Replace(dir)
		out = append(out, config.Glob(path.Join(dir, base)), config.Glob(path.Join(dir, "."+base+".*")))
	}
	return out
}

// globbed takes from a name what globs read otherwise.
var globbed = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`)
