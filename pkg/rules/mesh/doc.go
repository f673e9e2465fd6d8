// Package mesh holds the rules on encryption and authorization between
// workloads: Istio, Linkerd, Cilium and Calico WireGuard.
package mesh
