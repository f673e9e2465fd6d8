package image

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Scanner looks an image up for known vulnerabilities. Engines are peers:
// their results have one shape, and limiting and sharing are decorators of the
// same interface. Safe for concurrent use.
//
//	| Part of a Result  | native                  | a server that scans        |
//	|-------------------|-------------------------|----------------------------|
//	| Image, Layers     | manifest and config     | the same, read by us       |
//	| Packages          | osv-scalibr             | ours, or the server's list |
//	| Vulnerabilities   | OSV index, pkg/image/match | the server's            |
//	| Gaps              | unknown distribution, unreadable file, partial data | 202, stale database |
type Scanner interface {
	// Scan reads and looks up the image that ref names. An error is one of
	// those below where the caller can tell what to do; a Result with Gaps was
	// looked at in part.
	Scan(ctx context.Context, ref string) (*Result, error)
}

// Result is what a scanner knows of one image.
type Result struct {
	Inventory
	Engine string `json:"engine"` // "native", "trivy-server 0.74.0"
	// DataFrom is how old the vulnerability data is: when the oldest part of
	// it that was used was published.
	DataFrom time.Time `json:"dataFrom,omitzero"`
	// Vulnerabilities are sorted, the worst first, one for each fault
	// however many packages it affects.
	Vulnerabilities []result.Vulnerability `json:"vulnerabilities"`
	// Hidden counts vulnerabilities that the distribution calls unimportant.
	Hidden int `json:"hidden,omitempty"`
}

// Inventory is what an image holds.
type Inventory struct {
	Image    result.ImageID `json:"image"`
	Distro   Distro         `json:"distro,omitzero"`
	Layers   []result.Layer `json:"layers"`
	Packages []Package      `json:"packages"`
	// Config is how the image starts, nil where the engine does not tell.
	Config *Config `json:"config,omitempty"`
	// Contents are files that a minimal image has none of, nil likewise.
	Contents *Contents `json:"contents,omitempty"`
	// Leaks are the secrets in the image's configuration, without their values.
	Leaks []Leak `json:"leaks,omitempty"`
	// Gaps say what could not be looked at or for. A result with a gap is
	// never clean.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Config is how an image starts.
type Config struct {
	User string `json:"user"` // name or number, and group; "" is root
}

// Contents are paths of files that serve whoever gets into a container more
// than its program, sorted.
type Contents struct {
	Shells          []string `json:"shells,omitempty"`
	PackageManagers []string `json:"packageManagers,omitempty"` // of distributions
	Setuid          []string `json:"setuid,omitempty"`          // or setgid
}

// Leak is a secret that everyone who may pull the image can read.
type Leak struct {
	Rule     string          `json:"rule"`
	Severity result.Severity `json:"severity"`
	Where    string          `json:"where"` // `environment variable "TOKEN"`
}

// Distro is what /etc/os-release says, zero where there is none.
type Distro struct {
	ID      string `json:"id"`      // "debian"
	Version string `json:"version"` // "12"
	Name    string `json:"name"`    // "Debian GNU/Linux 12 (bookworm)"
}

// Package is one installed package.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Ecosystem is OSV's name for where advisories about the package are:
	// "Debian:12", "Alpine:v3.20", "npm". "" if no database covers it.
	Ecosystem string `json:"ecosystem,omitempty"`
	PURL      string `json:"purl,omitempty"`
	// Source and SourceVersion are what advisories name, epoch included;
	// Name and Version where there is no other source package.
	Source        string   `json:"source,omitempty"`
	SourceVersion string   `json:"sourceVersion,omitempty"`
	Arch          string   `json:"arch,omitempty"`
	Licenses      []string `json:"licenses,omitempty"`
	Path          string   `json:"path,omitempty"` // of the file that says so
	Layer         int      `json:"layer"`          // index of Layers where it appeared, -1 if unknown
	OS            bool     `json:"os,omitempty"`   // of the distribution's package manager
}

// Gap is something that was not looked at, and why.
type Gap struct {
	What string `json:"what"` // "packages of Red Hat Enterprise Linux 9.4"
	Why  string `json:"why"`  // "advisories for its modules are not matched"
	Hint string `json:"hint,omitempty"`
	// Known marks a limit of the data that the operator cannot mend and that
	// a report states without calling the run incomplete.
	Known bool `json:"known,omitempty"`
}

func (g Gap) String() string { return g.What + ": " + g.Why }

// ErrNotScanned is wrapped by errors of images that could not be read or
// looked up.
var ErrNotScanned = errors.New("not scanned")

// NotAllowedError says that the operator has not allowed the registry.
type NotAllowedError struct {
	Ref, Registry, Flag string // Flag is what allows it
}

func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("not scanned: registry %s is not allowed (%s)", e.Registry, e.Flag)
}

// Unwrap makes errors.Is(err, ErrNotScanned) hold.
func (e *NotAllowedError) Unwrap() error { return ErrNotScanned }

// DataError says that vulnerability data is absent, stale or damaged.
type DataError struct {
	Why string // "no advisories of Debian"
	Run string // the exact command that mends it
}

func (e *DataError) Error() string { return fmt.Sprintf("not scanned: %s: run %s", e.Why, e.Run) }

// Unwrap makes errors.Is(err, ErrNotScanned) hold.
func (e *DataError) Unwrap() error { return ErrNotScanned }

// LimitError says that an image is over a bound.
type LimitError struct {
	What  string // "uncompressed size of layer sha256:…"
	Limit int64
	Flag  string // "" if the bound is fixed
}

func (e *LimitError) Error() string {
	s := fmt.Sprintf("%s is over the limit of %d", e.What, e.Limit)
	if e.Flag != "" {
		s += " (" + e.Flag + ")"
	}
	return s
}

// Unwrap makes errors.Is(err, ErrNotScanned) hold.
func (e *LimitError) Unwrap() error { return ErrNotScanned }

// Lister lists what an image holds, for engines that match a list. Safe for
// concurrent use; errors as of Scanner.
type Lister interface {
	Inventory(ctx context.Context, ref string) (*Inventory, error)
}

// EngineError says that a service or a program that scans did not answer, or
// not with what can be trusted.
type EngineError struct {
	Engine, Why string
	Hint        string // what mends it
	Err         error
}

func (e *EngineError) Error() string {
	s := "not scanned: " + e.Engine + ": " + e.Why
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap makes errors.Is(err, ErrNotScanned) hold, and finds the cause.
func (e *EngineError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrNotScanned}
	}
	return []error{ErrNotScanned, e.Err}
}
