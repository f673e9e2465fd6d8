package result

// AttackPath is a way from outside of the cluster to power over it, of findings
// that are harmless or usual one by one. A scan keeps the worst.
type AttackPath struct {
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	// Goal is what an attacker has at the end: "cluster-admin", "the node".
	Goal    string   `json:"goal"`
	Targets []string `json:"targets"`
	// Steps lead from outside to the goal; the last one gives it.
	Steps []AttackStep `json:"steps"`
}

// MaxAttackPaths is how many paths a report holds.
const MaxAttackPaths = 10

// AttackStep is one step of a path.
type AttackStep struct {
	Kind    StepKind `json:"kind"`
	Message string   `json:"message"`
	Object  Key      `json:"object,omitzero"`
	// Nodes says, of StepExposed, that only who reaches a node comes in.
	Nodes bool `json:"nodes,omitempty"`
	// Places are the source lines that make the step possible.
	Places []Related `json:"places,omitempty"`
	// Findings are the fingerprints of the findings that say so.
	Findings []string `json:"findings,omitempty"`
}

// StepKind is what a step does.
type StepKind string

// The kinds of step, in the order in which they stand in a path.
const (
	StepExposed    StepKind = "exposed"    // the workload answers from outside
	StepOpen       StepKind = "open"       // it asks for no login
	StepVulnerable StepKind = "vulnerable" // its image has a known fault
	StepWeak       StepKind = "weak"       // its container holds little back
	StepReaches    StepKind = "reaches"    // the network lets it to another
	StepPower      StepKind = "power"      // it holds what the attacker wants
)

// Lift says that a finding is worth more than by itself.
type Lift struct {
	From Severity `json:"from"`
	// Goal is that of the attack path that the finding is a step of.
	Goal string `json:"goal"`
}

// PathStep is the place of a finding in a report's attack paths, while these
// are not judged yet.
type PathStep struct{ Path, Step int }
