// Package network holds the rules on policies of every kind, what they really
// allow, Services that open the cluster, stated intents.
package network
