package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MonitorSelectsNothing reports monitors that find nothing to scrape.
var MonitorSelectsNothing = &rule.Rule{
	Meta: rule.Meta{
		ID: "monitor-selects-nothing", Severity: result.Low, Since: "0.1",
		Title: "Monitor selects nothing",
		Why: `A monitor whose selector or port matches nothing scrapes nothing: alerts on
the metrics never fire, and nobody is told.`,
		Fix: "set the monitor's selector to labels of the Service (or pods), and the endpoint's port to the name of one of its ports",
		Refs: []string{
			"https://prometheus-operator.dev/docs/developer/getting-started/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, m := range p.Index.Kind("monitoring.coreos.com", "ServiceMonitor") {
			checkMonitor(p, m, "endpoints", "service", func(namespace string) (labels, ports []manifest.Place) {
				for _, s := range p.Index.Kind("", "Service") {
					if p.Index.Namespace(s) == namespace {
						labels, ports = append(labels, s.Labels()), append(ports, s.At("spec"))
					}
				}
				return labels, ports
			})
		}
		for _, m := range p.Index.Kind("monitoring.coreos.com", "PodMonitor") {
			checkMonitor(p, m, "podMetricsEndpoints", "pod", func(namespace string) (labels, ports []manifest.Place) {
				for _, pod := range p.Index.PodsIn(namespace) {
					for c := range pod.Containers() {
						labels, ports = append(labels, pod.Labels()), append(ports, c.Place)
					}
				}
				return labels, ports
			})
		}
	},
}

// checkMonitor compares a monitor with what candidates gives for a namespace:
// labels, and beside each the place that holds a list of ports.
func checkMonitor(p *rule.Pass, m *manifest.Object, endpoints, what string, candidates func(string) (labels, ports []manifest.Place)) {
	selector, in := m.At("spec", "selector"), m.At("spec", "namespaceSelector")
	namespaces := in.At("matchNames").Strings()
	if len(namespaces) == 0 {
		namespaces = []string{p.Index.Namespace(m)}
	}
	if in.At("any").IsTrue() || slices.ContainsFunc(namespaces, func(n string) bool {
		return !p.Index.Owns(n) || p.Index.OperatorMakes(selector.At("matchLabels"), n)
	}) {
		return
	}
	names, found := map[string]bool{}, false
	for _, n := range namespaces {
		labels, ports := candidates(n)
		for i := range labels {
			if !index.Matches(selector, labels[i]) {
				continue
			}
			found = true
			for port := range ports[i].At("ports").Items() {
				names[port.At("name").Str()] = true
			}
		}
	}
	if !found {
		p.Report(selector, "%s selects no %s: it scrapes nothing", m, what)
		return
	}
	for e := range m.At("spec", endpoints).Items() {
		if at := e.At("port"); at.Str() != "" && !names[at.Str()] {
			p.Report(at, "%s scrapes port %q, which no %s that it selects has: it scrapes nothing", m, at.Str(), what)
		}
	}
}
