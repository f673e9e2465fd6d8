package secretref

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SealedSecretClusterWide reports sealed secrets that open under other names,
// or are not sealed whole.
var SealedSecretClusterWide = &rule.Rule{
	Meta: rule.Meta{
		ID: "sealed-secret-cluster-wide", Severity: result.Low, Since: "0.1",
		Title: "Sealed secret opens anywhere",
		Why: `A strict seal is bound to one name and namespace. Without that, whoever reads
the repository and may make a SealedSecret in any namespace has the controller
open the cipher text there. Values under template.data are in clear.`,
		Fix: "seal with the strict scope, and seal every value",
		Refs: []string{
			"https://github.com/bitnami-labs/sealed-secrets#scopes",
		},
	},
	On: rule.Kinds("bitnami.com", "SealedSecret"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, annotations := range [...]manifest.Place{o.Annotations(), o.At("spec", "template", "metadata", "annotations")} {
			if at := annotations.At("sealedsecrets.bitnami.com/cluster-wide"); at.Str() == "true" {
				p.Report(at, "%s can be opened under any name in any namespace: whoever may make one there reads it", o)
				break
			}
			if at := annotations.At("sealedsecrets.bitnami.com/namespace-wide"); at.Str() == "true" {
				p.Add(rule.Problem{At: at, Severity: new(result.Info),
					Message: fmt.Sprintf("%s can be opened under any name in its namespace", o)})
				break
			}
		}
		for key, at := range o.At("spec", "template", "data").Entries() {
			if text := at.Str(); o.At("spec", "encryptedData").Len() > 0 && !strings.Contains(text, "{{") && literal(key, text) {
				p.Report(at, "key %q of %s stands in clear beside the sealed ones", key, o)
			}
		}
	},
}
