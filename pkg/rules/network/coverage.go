package network

import "github.com/kustoms-dev/kustoms/pkg/analysis/netpol"

// reportedWhole reports whether a namespace's missing isolation is one finding
// of namespace-without-default-deny. It is where no workload is isolated, and
// where the target renders the Namespace itself and so is the one to hold a
// default deny. Otherwise each workload that was left out is a finding.
func reportedWhole(n netpol.Namespace, rendered bool) bool {
	return !n.DefaultDeny && (rendered || len(n.Bare) == len(n.Pods))
}
