package result

// Graph is a picture of how objects relate, for people: who may reach whom, or
// who holds which role. It is data, not a drawing, so that a report read from a
// file brings no markup; pkg/graph writes it as Mermaid, DOT, SVG, HTML or
// JSON. Nodes and edges are in the order that they are drawn in.
type Graph struct {
	Name   string `json:"name,omitempty"` // "network", "rbac"
	Target string `json:"target,omitempty"`
	Title  string `json:"title"`
	// Groups are boxes around nodes, such as namespaces.
	Groups []GraphGroup `json:"groups,omitempty"`
	Nodes  []GraphNode  `json:"nodes"`
	Edges  []GraphEdge  `json:"edges"`
	// Notes say what the picture leaves out or only approximates.
	Notes []string `json:"notes,omitempty"`
}

// GraphGroup is a box around nodes.
type GraphGroup struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// GraphNode is one object or group of objects.
type GraphNode struct {
	ID    string `json:"id"`              // unique in the graph
	Group string `json:"group,omitempty"` // GraphGroup.ID, "" outside of all
	Label string `json:"label"`
	// Lines is further text: the names of equal objects, for instance.
	Lines []string `json:"lines,omitempty"`
	// Severity marks a node that a finding is about, nil for none.
	Severity *Severity  `json:"severity,omitempty"`
	Style    GraphStyle `json:"style,omitempty"`
}

// GraphEdge leads from one node to another, by their ids.
type GraphEdge struct {
	From  string     `json:"from"`
	To    string     `json:"to"`
	Label string     `json:"label,omitempty"`
	Style GraphStyle `json:"style,omitempty"`
}

// GraphStyle is how much a node or an edge stands out.
type GraphStyle string

// The styles; the zero value is plain.
const (
	GraphDanger GraphStyle = "danger" // what a reader should look at first
	GraphQuiet  GraphStyle = "quiet"  // context: outside, nodes, unknown
	GraphGood   GraphStyle = "good"   // guarded
)
