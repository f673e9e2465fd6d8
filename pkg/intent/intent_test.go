package intent

import "testing"

func TestSides(t *testing.T) {
	for text, want := range map[string]Kind{
		"*": Workloads, "shop/web": Workloads, "shop/*": Workloads, "*/db-*": Workloads, "app=web": Labels, "shop:app=web,tier!=db": Labels,
		"app.kubernetes.io/name=web": Labels, "!canary": Labels, "shop:canary": Labels, "internet": Internet, "metadata": Metadata, "10.0.0.0/8": Block, "8.8.8.8": Block, "fd00::/8": Block,
	} {
		var s Side
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := s.Parse().Kind; got != want {
			t.Errorf("%q is of kind %d, want %d", text, got, want)
		}
	}
	for _, text := range []string{"", "web", "shop/", "/web", "Shop/web", "a/b/c", "app=we b", "10.0.0.0/64", "!a=b", "S:app=web"} {
		var s Side
		if s.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for a side", text)
		}
	}
}

func TestPorts(t *testing.T) {
	for text, want := range map[string]Port{
		"8080": {Lo: 8080, Hi: 8080, set: true}, "8000-8100": {Lo: 8000, Hi: 8100, set: true},
		"53/udp": {Lo: 53, Hi: 53, Protocol: "UDP", set: true}, "metrics": {Name: "metrics", set: true},
	} {
		var p Port
		if err := p.UnmarshalText([]byte(text)); err != nil || p != want {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "0", "70000", "9-1", "80/ICMP", "a_b", "-1"} {
		if new(Port).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for a port", text)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{{"*", "", true}, {"a*", "abc", true}, {"*b*", "abc", true}, {"a*d", "abc", false}, {"abc", "abc", true}, {"ab", "abc", false}} {
		if Matches(c.glob, c.name) != c.want {
			t.Errorf("%q matches %q: want %t", c.glob, c.name, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	f := &Flow{From: "shop/web", To: "shop/db"}
	for name, it := range map[string]Intent{
		"none": {}, "two": {Only: f, Deny: f}, "outside to outside": {Deny: &Flow{From: "internet", To: "metadata"}},
		"name outside": {Allow: &Flow{From: "*", To: "internet", Port: Port{Name: "http", set: true}}}, "except of allow": {Allow: &Flow{From: "*", To: "a/b", Except: []Side{"c/d"}}},
	} {
		if it.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := (&Intent{Only: f}).Check(); err != nil {
		t.Error(err)
	}
}
