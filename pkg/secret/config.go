package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// configFile and maxConfig are where gitleaks looks for a repository's own
// rules, and how large they may be, in bytes.
const (
	configFile = ".gitleaks.toml"
	maxConfig  = 1 << 20
)

// defaultConfig parses gitleaks' own rules.
func defaultConfig() (config.Config, error) {
	vc, err := decodeConfig(config.DefaultConfig)
	if err == nil {
		var cfg config.Config
		if cfg, err = translate(vc); err == nil {
			return cfg, nil
		}
	}
	return config.Config{}, fmt.Errorf("reading gitleaks' default rules: %w", err)
}

// repoConfig reads the repository's rules, gitleaks' own where it has none. As
// for gitleaks, rules that do not extend the default ones replace them.
func repoConfig(repo *source.Repo) (config.Config, error) {
	if repo == nil {
		return defaultConfig()
	}
	vc, err := readConfig(repo, configFile, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return defaultConfig()
	}
	if err != nil {
		return config.Config{}, err
	}
	cfg, err := translate(vc)
	if err != nil {
		return cfg, fmt.Errorf("%s: %w", configFile, err)
	}
	return cfg, nil
}

// readConfig reads a file of rules and what it extends, which is of the
// repository too.
func readConfig(repo *source.Repo, file string, depth int) (config.ViperConfig, error) {
	data, err := repo.ReadFile(file)
	if err != nil {
		return config.ViperConfig{}, err
	}
	if len(data) > maxConfig {
		return config.ViperConfig{}, fmt.Errorf("%s: over %d bytes", file, maxConfig)
	}
	vc, err := decodeConfig(string(data))
	if err != nil {
		return vc, fmt.Errorf("%s: %w", file, err)
	}
	ext := vc.Extend
	vc.Extend = config.Extend{}
	var base config.ViperConfig
	switch {
	case ext.UseDefault && ext.Path != "":
		return vc, fmt.Errorf("%s: extend.useDefault and extend.path exclude each other", file)
	case ext.UseDefault:
		base, err = decodeConfig(config.DefaultConfig)
	case ext.URL != "":
		return vc, fmt.Errorf("%s: extend.url is not followed: a scan reaches no network", file)
	case ext.Path == "":
		return vc, nil
	case depth == 2: // gitleaks' limit
		return vc, fmt.Errorf("%s: extend.path goes over more than two files", file)
	default:
		base, err = readConfig(repo, path.Clean(ext.Path), depth+1)
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // the file is there, what it extends is not
			err = errors.New("no such file")
		}
		return vc, fmt.Errorf("%s: extending %q: %w", file, ext.Path, err)
	}
	extend(&base, vc, ext.DisabledRules)
	return base, nil
}

// extend puts the rules of vc over those of base, field by field. It is done
// before the library translates them: its own extend goes through globals that
// let it run twice in a process.
func extend(base *config.ViperConfig, vc config.ViperConfig, disabled []string) {
	base.Rules = slices.Clone(base.Rules)
	n := 0
	for _, r := range base.Rules {
		if !slices.Contains(disabled, r.ID) {
			base.Rules[n] = r
			n++
		}
	}
	base.Rules = base.Rules[:n]
	for _, r := range vc.Rules {
		i := 0
		for i < len(base.Rules) && base.Rules[i].ID != r.ID {
			i++
		}
		if i == len(base.Rules) {
			base.Rules = append(base.Rules, r)
			continue
		}
		b := &base.Rules[i]
		over(&b.Description, r.Description)
		over(&b.Entropy, r.Entropy)
		over(&b.SecretGroup, r.SecretGroup)
		over(&b.Regex, r.Regex)
		over(&b.Path, r.Path)
		b.Tags = slices.Concat(b.Tags, r.Tags)
		b.Keywords = slices.Concat(b.Keywords, r.Keywords)
		if b.AllowList != nil {
			b.Allowlists, b.AllowList = append(b.Allowlists, b.AllowList), nil
		}
		if r.AllowList != nil {
			b.Allowlists = append(b.Allowlists, r.AllowList)
		}
		b.Allowlists = slices.Concat(b.Allowlists, r.Allowlists)
		b.Required = slices.Concat(b.Required, r.Required)
		b.SkipReport = b.SkipReport || r.SkipReport
	}
	for _, c := range []*config.ViperConfig{base, &vc} {
		if c.AllowList != nil {
			c.Allowlists, c.AllowList = append(c.Allowlists, c.AllowList), nil
		}
	}
	base.Allowlists = slices.Concat(base.Allowlists, vc.Allowlists)
}

func over[T comparable](base *T, v T) {
	var zero T
	if v != zero {
		*base = v
	}
}

// decodeConfig reads gitleaks' TOML.
func decodeConfig(text string) (vc config.ViperConfig, err error) {
	v := viper.New() // the library's own parser fills a global one
	v.SetConfigType("toml")
	if err = v.ReadConfig(strings.NewReader(text)); err == nil {
		err = v.Unmarshal(&vc)
	}
	return vc, err
}

// translate compiles the rules. Nothing may be left to extend: the library
// would read any file.
func translate(vc config.ViperConfig) (cfg config.Config, err error) {
	defer func() {
		if r := recover(); r != nil { // the library compiles expressions with MustCompile
			err = fmt.Errorf("%v", r)
		}
	}()
	vc.Extend = config.Extend{}
	return vc.Translate()
}
