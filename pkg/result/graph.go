package result

// Graph is a picture of how objects relate, for people: who may reach whom, or
// who holds which role. It is data, not a drawing, so that a report read from a
// file brings no markup.
type Graph struct {
	Title string      `json:"title"`
	Nodes []GraphNode `json:"nodes"`
	Edges []GraphEdge `json:"edges"`
}

// GraphNode is one object or group of objects.
type GraphNode struct {
	ID    string `json:"id"` // unique in the graph
	Label string `json:"label"`
	// Severity marks a node that a finding is about, nil for none.
	Severity *Severity `json:"severity,omitempty"`
}

// GraphEdge leads from one node to another, by their ids.
type GraphEdge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
}
