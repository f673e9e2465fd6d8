package network

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Refused says that the policy does not allow a request.
type Refused struct {
	// Host that would have been reached, with its port where it is not the
	// scheme's own.
	Host string
	// Why it was refused, in words.
	Why string
	// Flags of the command line that would allow it, "" if nothing does.
	Flags string
	// From is the host that redirected there, "" if none did.
	From string
}

func (r *Refused) Error() string {
	msg := fmt.Sprintf("%s is not reached: %s", r.Host, r.Why)
	if r.From != "" {
		msg = fmt.Sprintf("%s is not reached, where %s redirects: %s", r.Host, r.From, r.Why)
	}
	if r.Flags != "" {
		msg += "; allow it with " + r.Flags
	}
	return msg
}

// rules is a policy, decoded.
type rules struct {
	on      bool
	allowed []pattern
	roots   *x509.CertPool // nil: the system's
}

// pattern is one host of a policy.
type pattern struct {
	name     string // lower case; below a wildcard, with its leading dot
	wild     bool
	port     string // "" is the scheme's own, "*" any
	insecure bool
}

func (p pattern) exact() bool { return !p.wild }

// parsePattern reads "host", "host:port", "*.domain" and "*".
func parsePattern(s string) (pattern, error) {
	bad := func(why string) (pattern, error) { return pattern{}, fmt.Errorf("host %q: %s", s, why) }
	if strings.Contains(s, "/") || strings.Contains(s, "@") {
		return bad("want a host, such as ghcr.io or registry.example.com:5000, not an address")
	}
	name, port := splitPort(strings.ToLower(s))
	p := pattern{name: name, port: port}
	if rest, ok := strings.CutPrefix(name, "*"); ok {
		p.name, p.wild = rest, true
		if rest != "" && !strings.HasPrefix(rest, ".") {
			return bad(`"*" stands for whole labels: *.example.com`)
		}
	}
	if p.name == "" && !p.wild || strings.HasSuffix(s, ".") || strings.ContainsAny(p.name, "* \t\n?[") {
		return bad(`want a host, "*.domain" or "*"`)
	}
	return p, nil
}

// splitPort cuts a host into its name, brackets of IPv6 removed, and its port,
// "" if there is none.
func splitPort(host string) (name, port string) {
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), "."), port
}

func (p pattern) match(scheme, name, port string) bool {
	if p.wild && !strings.HasSuffix(name, p.name) || p.wild && name == strings.TrimPrefix(p.name, ".") || !p.wild && name != p.name {
		return false
	}
	return p.port == "*" || orDefault(p.port, scheme) == orDefault(port, scheme)
}

func orDefault(port, scheme string) string {
	switch {
	case port != "":
		return port
	case scheme == "http":
		return "80"
	}
	return "443"
}

// admission is how an allowed host may be reached.
type admission struct {
	private  bool // its address may be private
	insecure bool // its certificate is not verified
}

// admit decides on a request by its scheme and host ("name[:port]"); from is
// the host that redirected there. The error is a *Refused.
func (r *rules) admit(scheme, host, from string) (admission, error) {
	name, port := splitPort(strings.ToLower(host))
	ref := &Refused{Host: name, From: from}
	if strings.Contains(name, ":") {
		ref.Host = "[" + name + "]"
	}
	if port != "" && port != orDefault("", scheme) {
		ref.Host += ":" + port
	}
	if scheme != "http" && scheme != "https" {
		ref.Why = fmt.Sprintf("the scheme %q is not spoken", scheme)
		return admission{}, ref
	}
	if name == "" {
		ref.Host, ref.Why = "a request without a host", "nothing to reach"
		return admission{}, ref
	}
	flag := "--allow-host " + ref.Host
	if scheme == "http" {
		flag = "--insecure-host " + ref.Host
	}
	if !r.on {
		ref.Why, ref.Flags = "the network is not used unless it is allowed", "--allow-network "+flag
		return admission{}, ref
	}
	var a admission
	found := false
	for _, p := range r.allowed {
		if p.match(scheme, name, port) {
			found = true
			a.private = a.private || p.exact()
			a.insecure = a.insecure || p.insecure
		}
	}
	_, literal := netip.ParseAddr(name)
	switch {
	case !found:
		ref.Why, ref.Flags = "the operator did not name this host", flag
	case scheme == "http" && !a.insecure:
		ref.Why, ref.Flags = "plain HTTP can be read and changed on the way", flag
	case literal == nil && !a.private:
		// A pattern speaks of names.
		ref.Why, ref.Flags = "an address is reached only when it is named in full", flag
	default:
		return a, nil
	}
	return admission{}, ref
}

// forbidden says why an address must not be dialled, "" if it may. named is
// that the operator wrote the host in full; literal, that the host is the
// address itself.
func forbidden(a netip.Addr, named, literal bool) string {
	a = a.Unmap()
	switch {
	case named && literal:
		return ""
	case a.IsUnspecified(), a.IsMulticast(), a.IsInterfaceLocalMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "no host has this address"
	case a.IsLinkLocalUnicast():
		// Clouds serve credentials of the machine there.
		return "link-local addresses, where clouds serve credentials, are never reached through a name"
	case named:
		return ""
	case a.IsPrivate(), a.IsLoopback():
		return "its address is private, and only hosts that are named in full may have one"
	}
	for _, p := range special {
		if p.Contains(a) {
			return "its address is not a public one, and only hosts that are named in full may have such"
		}
	}
	return ""
}

// special are ranges that are not public, beside those that net/netip knows
// (IANA special-purpose address registries, RFC 6890 and successors). Those
// that embed an IPv4 address are among them, since it may be a private one.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), // Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("fec0::/10"),
}
