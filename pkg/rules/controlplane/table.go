package controlplane

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// row is a rule on a component's settings. The effect, what follows from the
// fault, ends its messages and is the reason on its page.
type row struct {
	id                 string
	severity           result.Severity
	title, effect, fix string
	component          string
	test               test
}

// off are the rows that are off by default.
var off = map[string]bool{
	"apiserver-event-rate-limit": true, "apiserver-always-pull-images": true,
	"apiserver-image-policy-webhook": true, "kubelet-protect-kernel-defaults": true,
}

// references are the components' own pages.
var references = map[string]string{
	apiServer:         "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
	controllerManager: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
	scheduler:         "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/",
	etcd:              "https://etcd.io/docs/latest/op-guide/security/",
	kubelet:           "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",
}

// table makes the rules of all rows.
func table() []*rule.Rule {
	var out []*rule.Rule
	for _, rows := range [][]row{apiServerRows, controllerRows, etcdRows, kubeletRows} {
		for _, r := range rows {
			out = append(out, r.rule())
		}
	}
	return out
}

func (r row) rule() *rule.Rule {
	return &rule.Rule{
		Meta: rule.Meta{
			ID: r.id, Severity: r.severity, Off: off[r.id], Since: "0.1",
			Title: r.title, Why: strings.ToUpper(r.effect[:1]) + r.effect[1:] + ".", Fix: r.fix,
			Refs: []string{references[r.component]},
		},
		On: rule.Or(rule.PodBearing, rule.Kinds("kubeadm.k8s.io", "ClusterConfiguration", "InitConfiguration", "JoinConfiguration"),
			rule.Kinds("kubelet.config.k8s.io", "KubeletConfiguration"), rule.Kinds("kubescheduler.config.k8s.io", "KubeSchedulerConfiguration")),
		Object: func(p *rule.Pass, o *manifest.Object) {
			for _, s := range settingsOf(p.Index, o) {
				if s.component != r.component {
					continue
				}
				if v, fault := r.test(s); fault != "" {
					p.Add(rule.Problem{At: v.at, Message: fmt.Sprintf("%s %s: %s", r.component, fault, r.effect)})
				}
			}
		},
	}
}
