// Package ingress holds the rules on routes from outside: TLS, annotations
// that inject, web application firewall, retired controllers.
package ingress
