package secret

import (
	"fmt"
	"strings"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
)

// allowComment on a line keeps gitleaks, and kustoms, from reporting it.
const allowComment = "gitleaks:allow"

// defaultConfig parses gitleaks' own rules.
func defaultConfig() (config.Config, error) {
	cfg, err := parseConfig(config.DefaultConfig)
	if err != nil {
		return cfg, fmt.Errorf("reading gitleaks' default rules: %w", err)
	}
	return cfg, nil
}

// parseConfig reads gitleaks' TOML, without following extend: the library
// would read any file, and counts how often it did in a global.
func parseConfig(text string) (cfg config.Config, err error) {
	defer func() {
		if r := recover(); r != nil { // the library compiles expressions with MustCompile
			err = fmt.Errorf("%v", r)
		}
	}()
	v := viper.New() // the library's own parser fills a global one
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(text)); err != nil {
		return cfg, err
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		return cfg, err
	}
	extend := vc.Extend
	vc.Extend = config.Extend{}
	cfg, err = vc.Translate()
	cfg.Extend = extend
	return cfg, err
}
