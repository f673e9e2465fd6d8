// Package config is what the user decided: .kustoms.yaml, KUSTOMS_* variables
// and flags, merged in that order. The file is decoded strictly: an unknown
// key is an error with file, line and a suggestion.
package config

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// DefaultKubeVersion is the Kubernetes release that targets are rendered and
// checked for unless they say otherwise. The linked Helm library by itself
// assumes 1.20, which real charts refuse.
const DefaultKubeVersion = "v1.34.0"

// Config is one run's configuration.
type Config struct {
	// Paths are what to scan, repository-relative.
	Paths []string
	// Exclude are doublestar globs of paths that are not looked at.
	Exclude []string
	// Targets are declared; with none, targets are discovered.
	Targets []result.Target
	// Rules switches rules on or off by id or family, and sets severities and
	// parameters.
	Rules map[string]Rule
	// FailOn is the severity at which the gate fails, or "none".
	FailOn string
	// KubeVersion for targets that set none.
	KubeVersion string
	// Jobs bounds concurrency; 0 is one a CPU.
	Jobs int
	// MaxFileSize in bytes; 0 is source.DefaultMaxFile.
	MaxFileSize int64
}

// Rule is the configuration of one rule.
type Rule struct {
	Off      bool
	On       bool
	Severity *result.Severity
	Params   any
}
