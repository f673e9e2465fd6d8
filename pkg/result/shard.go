package result

// Shard marks a report of a part of a run's targets. Its findings, stages and
// waivers are as the analyzers made them: what is one problem, suppressed or
// known is decided on all parts together, by what the shard carries besides.
type Shard struct {
	Index int `json:"index"` // from 1 on
	Of    int `json:"of"`
	// Targets is how many targets all shards have together, and Plan a digest
	// of the names and sizes that the split followed: shards with different
	// ones are of different runs.
	Targets int    `json:"targets"`
	Plan    string `json:"plan"`
	// Commit is HEAD's, and Root the repository's root below the top of its
	// git working tree; "" without git. A shard has no excerpts but those that
	// show a masked secret: they are read where all shards are judged.
	Commit      string `json:"commit,omitempty"`
	Root        string `json:"root,omitempty"`
	MaxFileSize int64  `json:"maxFileSize"` // in bytes
	Terms       Terms  `json:"terms"`
	// Baseline is the baseline file's, nil if none was given.
	Baseline *Known `json:"baseline,omitempty"`
	// Against are the revisions that the run is held against, nil for none.
	Against *Comparison `json:"against,omitempty"`
	// Lines are the template lines that the shard's targets could print.
	Lines []FileLines `json:"lines,omitempty"`
	// Deployed is what the shard's targets deploy.
	Deployed []Deployed `json:"deployed,omitempty"`
}

// Terms are what the user decided beforehand about what findings are worth.
type Terms struct {
	// Severity overrides a rule's severity, by rule id.
	Severity map[string]Severity `json:"severity,omitempty"`
	// Suppressions are the findings that the configuration accepts, beside
	// those that the scan collected.
	Suppressions []Waiver `json:"suppressions,omitempty"`
	// IgnoreUnfixed accepts vulnerabilities that no version mends yet, but for
	// those known to be exploited.
	IgnoreUnfixed bool `json:"ignoreUnfixed,omitempty"`
	// Unknown is the severity of vulnerabilities that no source rates, nil for
	// that of Rating.
	Unknown *Severity `json:"unknown,omitempty"`
	// Warn is for how many days before its end a suppression is a finding.
	Warn int `json:"warn"`
	// Today decides what has expired, as YYYY-MM-DD.
	Today string `json:"today"`
	// Partial says that the run sees less than the suppressions speak of, so
	// that none is unused for certain.
	Partial bool `json:"partial,omitempty"`
}

// Known are the findings of an earlier run. Complete says that one that is not
// seen is fixed.
type Known struct {
	Findings []Finding `json:"findings"`
	Complete bool      `json:"complete"`
}

// Comparison is the revisions that a run is held against.
type Comparison struct {
	// Ref is the base as the user named it.
	Ref  string    `json:"ref,omitempty"`
	Base *Revision `json:"base,omitempty"`
	// Policy is the revision whose configuration, suppressions and baseline
	// hold, nil for the working tree's own.
	Policy *Revision `json:"policy,omitempty"`
	// Changes are what the working tree does to the configuration and the
	// baseline.
	Changes []Notice `json:"changes,omitempty"`
}

// Revision is a commit that was scanned.
type Revision struct {
	Name   string  `json:"name"`
	Report *Report `json:"report"`
}

// FileLines is which lines of a template could print something, sorted, and
// which of them did.
type FileLines struct {
	Path     string `json:"path"`
	Lines    []int  `json:"lines"`
	Rendered []int  `json:"rendered"`
}

// Applied says, behind a change to what is accepted, that it has no effect yet;
// "" if it has.
func (x *Comparison) Applied() string {
	if x.Policy == nil {
		return ""
	}
	return "; it is not applied: the policy is that of " + x.Policy.Name
}
