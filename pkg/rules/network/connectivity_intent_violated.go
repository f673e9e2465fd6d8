package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ConnectivityIntentViolated reports intents of the configuration that do not
// hold on a target.
var ConnectivityIntentViolated = &rule.Rule{
	Meta: rule.Meta{
		ID: intent.Rule, Severity: result.High, Since: "0.1",
		Title: "Who may reach whom is not as it is meant",
		Why: `The intents of the configuration say which connections must be possible and
which must not. Each is checked on what all network policies of a target allow
together, whatever kind they are of; the finding stands on the line that opens
or closes the connection. A side that no target has is a finding, too, as the
intent was then not checked.`,
		Fix: "change the policy as the message says; kustoms suggest netpol writes policies under which the intents hold",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		},
	},
	Universe: func(p *rule.Pass) {
		if len(p.Intents().Items()) == 0 {
			return
		}
		for _, v := range p.Reach().Verify(p.Intents(), p.Index) {
			p.Add(rule.Problem{
				At: v.At, Evidence: v.Key(), Message: violation(&v), Fix: mend(&v),
				Related: []result.Related{{Location: result.Location{Primary: v.Intent.At, Exact: true}, Message: fmt.Sprintf("intent %d", v.Number)}},
			})
		}
	},
}

// violation says what is open or closed against the intent, and by what.
func violation(v *netpol.Violation) string {
	more := ""
	if v.Flows > 1 {
		more = fmt.Sprintf(" and %d more", v.Flows-1)
	}
	cause := "as no policy isolates it"
	verb := "reaches"
	if v.Flows > 1 {
		verb = "reach"
	}
	if !v.Opens {
		return fmt.Sprintf("intent %d does not hold: %s cannot reach %s%s on %s, which %s does not allow", v.Number, side(v.From), side(v.To), more, v.Ports, v.Policy)
	}
	if v.Policy != nil {
		cause = "allowed by " + v.Policy.String()
	}
	if v.Doubtful {
		cause += ", as far as can be told"
	}
	also := " "
	if v.Intent.Only != nil {
		also = " also "
	}
	return fmt.Sprintf("intent %d does not hold: %s%s%s%s %s on %s, %s", v.Number, side(v.From), more, also, verb, side(v.To), v.Ports, cause)
}

// side quotes the name of a workload; others speak for themselves.
func side(name string) string {
	for _, r := range name {
		if r == ' ' {
			return name
		}
	}
	return fmt.Sprintf("%q", name)
}

func mend(v *netpol.Violation) string {
	switch {
	case !v.Opens:
		return "add a rule that allows it to the policies of both sides"
	case v.Policy != nil:
		return "narrow this rule to the peers and ports that the intents allow"
	}
	return "isolate the workload by a policy that allows what the intents do; kustoms suggest netpol writes it"
}
