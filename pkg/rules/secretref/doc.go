// Package secretref holds the rules on credentials in the wrong object,
// references that lead nowhere, external stores used badly.
package secretref
