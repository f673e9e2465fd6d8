package render

import (
	"context"
	"fmt"
	"strings"
)

// ChartRef names a packaged chart that a repository of charts serves.
type ChartRef struct {
	Name string
	// Version is a version or a range of them, as Chart.yaml has it. Pinned
	// says that it is the one that a lock file chose.
	Version string
	Pinned  bool
	// Repository is "https://…", "oci://…", or "@name" or "alias:name" of the
	// operator's Helm configuration.
	Repository string
}

// OCI reports whether the chart is in an OCI registry.
func (r ChartRef) OCI() bool { return strings.HasPrefix(r.Repository, "oci://") }

func (r ChartRef) String() string {
	return fmt.Sprintf("%s %s from %s", r.Name, r.Version, r.Repository)
}

// Charts gives packaged charts. Safe for concurrent use.
type Charts interface {
	// Chart is the chart's archive (tar, gzip). An error that says how to get
	// it is a *Fault without a place.
	Chart(ctx context.Context, ref ChartRef) ([]byte, error)
}
