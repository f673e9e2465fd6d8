// Package supply holds the rules on components that should not be there, and
// where charts and manifests come from.
package supply
