// Package deprecation holds the rules on kinds, fields, annotations and
// volumes that the target version drops.
package deprecation
