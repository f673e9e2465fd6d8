// Package namespace holds the rules on namespaces as a boundary: Pod Security
// labels, quotas, default and system namespaces.
package namespace
