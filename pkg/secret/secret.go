// Package secret finds credentials that were written down: in the
// repository's files as they stand, and in rendered objects with what Secrets
// encode decoded. It is the only importer of gitleaks, whose rules and
// configuration format it keeps.
//
// Two invariants. A secret's value lives in a leak, in memory, and nowhere
// else: findings, errors and fingerprints are made of its rule, file and key
// path, and an excerpt is masked before it leaves. And a leak belongs to the
// source line that holds it: one seen in a rendered object is looked up in the
// values, template or generator file that it came from, so that triage sees
// the same span from both sides and reports it once.
package secret

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Options is what a run decides.
type Options struct {
	// Repo is where rendered leaks are looked up, and where the gitleaks
	// files of the repository are read.
	Repo *source.Repo
	// Rules, if not nil, is the trusted revision whose .gitleaks.toml counts in
	// place of Repo's.
	Rules *source.Repo
	// Ignore reports values that are no secrets because the renderer made
	// them up; may be nil.
	Ignore func(value string) bool
	// History is looked through beside the files; nil for none.
	History *History
	// Reads is told of the files that the rules come from; may be nil.
	Reads *source.Reads
	// Clean opens what is known of texts, once the rules are read; may be nil.
	Clean func() Clean
}

// Clean is the digests of texts in which an earlier run, by the same rules,
// found nothing.
type Clean interface {
	Has(sum [32]byte) bool
	Add(sum [32]byte)
}

// Analyzer is a scan.Analyzer. Safe for concurrent use.
type Analyzer struct {
	opts   Options
	engine *engine
	files  fileCache
	known  known
	// Lookalikes has what was taken for no secret reported, with the reason.
	// Set it before the first Analyze.
	Lookalikes bool
}

// New prepares the rules. The error is broken configuration in the
// repository.
func New(opts Options) (*Analyzer, error) {
	cfg, err := repoConfig(cmp.Or(opts.Rules, opts.Repo).Noting(opts.Reads))
	if err != nil {
		return nil, err
	}
	e, err := newEngine(kubernetes(cfg))
	if err != nil {
		return nil, err
	}
	if opts.Ignore == nil {
		opts.Ignore = func(string) bool { return false }
	}
	a := &Analyzer{opts: opts, engine: e, files: fileCache{repo: opts.Repo}}
	if opts.Clean != nil {
		a.known.clean = opts.Clean()
	}
	return a, nil
}

// Name is the analyzer's name, and its stage's.
func (a *Analyzer) Name() string { return "secrets" }

// Rules describes what can be reported, sorted by id.
func (a *Analyzer) Rules() []result.Rule {
	out := append(a.engine.describe(), lookalikeRule)
	slices.SortFunc(out, func(x, y result.Rule) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// Analyze scans the repository's files for the target of kind "files", and
// the rendered objects of any other.
func (a *Analyzer) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	if x.Target.Kind == result.KindFiles {
		return a.scanFiles(ctx, x, sink)
	}
	return a.scanObjects(ctx, x, sink)
}

// leak is one secret in a text. Its value must not outlive the scan.
type leak struct {
	rule string // gitleaks' id, or ours
	// start and end are byte offsets of the secret as it is written, encoded
	// or not.
	start, end int
	value      hidden
	// encoded says that the text holds the value in an encoded form.
	encoded bool
	commit  string // of the history, "" for files
}

// Format has package fmt print the rule alone: of unexported fields it would
// print the text and never ask hidden. What embeds a leak inherits it.
func (l leak) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "leak of %s", l.rule) }

// hidden is a secret's text. Whatever prints it prints none of it.
type hidden string

// String and GoString cover the verbs of package fmt.
func (hidden) String() string { return "[secret]" }

// GoString is String.
func (hidden) GoString() string { return "[secret]" }

// settle sorts leaks by place and keeps one where several overlap: the most
// specific, which is then the shortest.
func settle(leaks []leak) []leak {
	slices.SortStableFunc(leaks, func(x, y leak) int {
		return cmp.Or(rank(x.rule)-rank(y.rule), (x.end-x.start)-(y.end-y.start), x.start-y.start, second(x.rule)-second(y.rule), strings.Compare(x.rule, y.rule))
	})
	var out []leak
	for _, l := range leaks {
		if !slices.ContainsFunc(out, func(o leak) bool { return l.start < o.end && o.start < l.end || l.start == o.start }) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y leak) int { return x.start - y.start })
	return out
}

// second tells of two rules that claim the same text which gives way: ours
// names what is Kubernetes' own, gitleaks' what is anybody's.
func second(rule string) int {
	if o := ownRule(rule); (o != nil) == (rank(rule) == specific) {
		return 0
	}
	return 1
}

// fileCache keeps the text of the files that rendered leaks were traced to.
type fileCache struct {
	repo *source.Repo
	mu   sync.Mutex
	text map[string]*fileText
}

type fileText struct {
	text  string
	reads source.Reads // of whoever asks for the text
}

// get returns a file's text, "" if it cannot be read.
func (c *fileCache) get(ctx context.Context, path string) string {
	if c.repo == nil || path == "" {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.text[path]
	if !ok {
		t = &fileText{}
		if data, err := c.repo.Noting(&t.reads).ReadFile(path); err == nil {
			t.text = string(data)
		}
		if c.text == nil || len(c.text) >= 256 {
			c.text = map[string]*fileText{}
		}
		c.text[path] = t
	}
	c.repo.In(ctx).Joined(&t.reads)
	return t.text
}
