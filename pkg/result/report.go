package result

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// SchemaVersion is the version of the JSON form of Report.
const SchemaVersion = "1"

// Tool names the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Rule describes a check: what people read about it and what reports carry.
type Rule struct {
	ID        string              `json:"id"`
	Family    string              `json:"family"`
	Analyzer  string              `json:"analyzer,omitempty"` // the stage that runs it; set by the scan
	Title     string              `json:"title"`
	Severity  Severity            `json:"severity"`
	Off       bool                `json:"off,omitempty"` // not run unless asked for
	Since     string              `json:"since,omitempty"`
	Why       string              `json:"why,omitempty"`
	Fix       string              `json:"fix,omitempty"`
	Refs      []string            `json:"refs,omitempty"`
	Standards []string            `json:"standards,omitempty"` // "CIS 5.2.2", "PSS baseline privileged", "CWE-250"
	Peers     map[string][]string `json:"peers,omitempty"`     // tool → ids of its equal checks
	Related   map[string][]string `json:"related,omitempty"`   // tool → ids of its checks that see part of the same faults, or more
	Aliases   []string            `json:"aliases,omitempty"`
	// Want is the value, in YAML, that the field of a finding is to have, where
	// one does for all; kustoms fix writes it.
	Want string `json:"want,omitempty"`
	// Deprecated says what replaced a retired rule.
	Deprecated string `json:"deprecated,omitempty"`
}

// Image is an image that a rendered object names.
type Image struct {
	Ref       string   `json:"ref"` // as written
	Object    Key      `json:"object"`
	Container string   `json:"container,omitempty"`
	Loc       Location `json:"location"`
	Scanned   bool     `json:"scanned"` // for known vulnerabilities
	// Digest is the manifest that was looked at, "" if none was.
	Digest string `json:"digest,omitempty"`
}

// Status is how a stage or target ended.
type Status string

// The statuses. Skipped was not asked for or cannot be asked for here; Failed
// makes the run incomplete.
const (
	OK      Status = "ok"
	Skipped Status = "skipped"
	Failed  Status = "failed"
)

// Stage is one step of a run. Neither a skipped nor a failed stage looks like
// "no findings".
type Stage struct {
	Name   string `json:"name"` // "render", "rules", "secrets", "images", ...
	Target string `json:"target,omitempty"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Hint says what to do about it.
	Hint string `json:"hint,omitempty"`
	// At is the repository line at fault, if one is known.
	At source.Span `json:"at,omitzero"`
}

// Report is everything that a run found.
type Report struct {
	Schema   string    `json:"schema"`
	Tool     Tool      `json:"tool"`
	Targets  []Target  `json:"targets"`
	Rules    []Rule    `json:"rules"`
	Stages   []Stage   `json:"stages"`
	Findings []Finding `json:"findings"`
	Gate     Gate      `json:"gate"`
	// Notices stand on top of every report.
	Notices []Notice `json:"notices,omitempty"`
	// Waivers are all suppressions that the run saw, each with its state.
	Waivers []Waiver `json:"waivers,omitempty"`
	// Coverage is nil if no target has templates.
	Coverage *Coverage `json:"coverage,omitempty"`
	Graphs   []Graph   `json:"graphs,omitempty"`
	// AttackPaths are the worst ways in, worst first; MorePaths counts the others.
	AttackPaths []AttackPath `json:"attackPaths,omitempty"`
	MorePaths   int          `json:"morePaths,omitempty"`
	// Shard is nil unless the report is of a part of a run.
	Shard *Shard `json:"shard,omitempty"`
}

// Failing counts the findings that fail the gate.
func (r *Report) Failing() int {
	n := 0
	for i := range r.Findings {
		if r.Gate.Fails(&r.Findings[i]) {
			n++
		}
	}
	return n
}

// Incomplete lists the stages that failed.
func (r *Report) Incomplete() []Stage {
	var out []Stage
	for _, s := range r.Stages {
		if s.Status == Failed {
			out = append(out, s)
		}
	}
	return out
}

// Rule returns the rule with the given id, or nil.
func (r *Report) Rule(id string) *Rule {
	i, ok := slices.BinarySearchFunc(r.Rules, id, func(m Rule, id string) int {
		switch {
		case m.ID < id:
			return -1
		case m.ID > id:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &r.Rules[i]
}

// Sink collects findings and stages from concurrent analyzers. The zero value
// is ready.
type Sink struct {
	mu       sync.Mutex
	findings []Finding
	stages   []Stage
	images   map[string][]Image
	rules    map[string]Rule
	waivers  []Waiver
	graphs   []Graph
	paths    []AttackPath
}

// Report adds findings.
func (s *Sink) Report(f ...Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings = append(s.findings, f...)
}

// Rules adds checks that are known only once something was found: every
// vulnerability is one of its own. Of two with the same id the worse is kept.
func (s *Sink) Rules(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules == nil {
		s.rules = map[string]Rule{}
	}
	for _, r := range rules {
		old, ok := s.rules[r.ID]
		if !ok || cmp.Or(cmp.Compare(r.Severity, old.Severity), strings.Compare(old.Title, r.Title), strings.Compare(old.Why, r.Why)) > 0 {
			s.rules[r.ID] = r
		}
	}
}

// TakeRules returns the checks that were added, by id.
func (s *Sink) TakeRules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.rules), func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
}

// Stage records how a stage ended.
func (s *Sink) Stage(st Stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stages = append(s.stages, st)
}

// Waive records suppressions that were read.
func (s *Sink) Waive(w ...Waiver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waivers = append(s.waivers, w...)
}

// TakeWaivers returns the suppressions.
func (s *Sink) TakeWaivers() []Waiver {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waivers
}

// Images records the images of a target.
func (s *Sink) Images(target string, images []Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.images == nil {
		s.images = map[string][]Image{}
	}
	s.images[target] = images
}

// TakeImages returns a target's images.
func (s *Sink) TakeImages(target string) []Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.images[target]
}

// Graph adds a picture.
func (s *Sink) Graph(g Graph) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.graphs = append(s.graphs, g)
}

// TakeGraphs returns the pictures, by target and name.
func (s *Sink) TakeGraphs() []Graph {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.graphs, func(a, b Graph) int {
		if c := strings.Compare(a.Target, b.Target); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return s.graphs
}

// Path adds attack paths.
func (s *Sink) Path(p ...AttackPath) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, p...)
}

// TakePaths returns the attack paths, by target.
func (s *Sink) TakePaths() []AttackPath {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.paths, func(a, b AttackPath) int { return slices.Compare(a.Targets, b.Targets) })
	return s.paths
}

// Found lists the findings so far. Those of one target have a sink of their own
// while its analyzers run, so that a later one may join what earlier ones found.
func (s *Sink) Found() []Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.findings
}

// Take returns what was collected and empties the sink.
func (s *Sink) Take() ([]Finding, []Stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, st := s.findings, s.stages
	s.findings, s.stages = nil, nil
	return f, st
}

// SkipError is returned by an analyzer that was not asked to look, or could
// not be: its stage is skipped, and the report says so.
type SkipError struct{ Reason, Hint string }

func (e *SkipError) Error() string { return e.Reason }
