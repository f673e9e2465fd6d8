// Package pod holds the rules on what a pod may do to its node: privileges,
// users, capabilities, namespaces, host paths, tokens.
package pod
