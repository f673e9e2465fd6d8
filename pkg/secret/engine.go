package secret

import (
	"fmt"
	"strings"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
)

// decodeDepth is how often encoded text is decoded again, gitleaks' default.
const decodeDepth = 5

// engine finds leaks in texts by gitleaks' rules.
type engine struct {
	cfg config.Config
	det *detect.Detector
}

func newEngine() (*engine, error) {
	v := viper.New() // the library's own parser fills a global one
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(config.DefaultConfig)); err != nil {
		return nil, fmt.Errorf("reading gitleaks' default rules: %w", err)
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		return nil, fmt.Errorf("reading gitleaks' default rules: %w", err)
	}
	cfg, err := vc.Translate()
	if err != nil {
		return nil, fmt.Errorf("reading gitleaks' default rules: %w", err)
	}
	d := detect.NewDetector(cfg)
	d.MaxDecodeDepth = decodeDepth
	return &engine{cfg: cfg, det: d}, nil
}

// scan lists the leaks in a text; path counts for the rules that look at it.
func (e *engine) scan(path, text string) []leak {
	var out []leak
	lines := lineStarts(text)
	for _, f := range e.det.Detect(detect.Fragment{Raw: text, FilePath: path, StartLine: 1}) {
		l := leak{rule: f.RuleID, value: hidden(f.Secret)}
		if n := f.StartLine - 1; n >= 0 && n < len(lines) {
			l.start = lines[n]
			l.end = min(l.start+1, len(text))
			if i := strings.Index(text[l.start:], f.Secret); i >= 0 && f.Secret != "" {
				l.start += i
				l.end = l.start + len(f.Secret)
			} else {
				l.encoded = true
				l.end = len(text)
				if m := f.EndLine; m >= 1 && m < len(lines) {
					l.end = lines[m] - 1
				}
			}
		}
		out = append(out, l)
	}
	return out
}

func lineStarts(text string) []int {
	out := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}
