// Package rbac holds the rules on grants that are too wide, who holds them,
// and the paths from a workload to more.
package rbac
