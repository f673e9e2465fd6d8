// Package controlplane holds the rules on API server, controller manager,
// scheduler, etcd, kubelet, audit and encryption files.
package controlplane
