package ingress

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressSnippetAnnotation reports raw nginx configuration in annotations.
var IngressSnippetAnnotation = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-snippet-annotation", Severity: result.High, Since: "0.1",
		Title: "Ingress carries raw nginx configuration",
		Why: `A snippet is written into the controller's configuration as it is. Whoever may
edit the Ingress thereby reads the controller's files and token, which by
default opens every Secret of the cluster (CVE-2021-25742), and changes what
others' hosts answer.`,
		Fix: "use the annotation that does the same without a snippet, or do it in the application",
		Refs: []string{
			"https://github.com/kubernetes/kubernetes/issues/126811",
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#configuration-snippet",
		},
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for name, at := range o.Annotations().Entries() {
			if !strings.HasPrefix(name, nginxPrefix) || !strings.HasSuffix(name, "-snippet") || strings.TrimSpace(at.Str()) == "" {
				continue
			}
			pr := rule.Problem{At: at, Message: fmt.Sprintf("%s carries raw nginx configuration in %q: whoever may edit it commands the controller", o, strings.TrimPrefix(name, nginxPrefix))}
			if m := reaches.FindString(at.Str()); m != "" {
				pr.Severity = new(result.Critical)
				pr.Message = fmt.Sprintf("%s carries raw nginx configuration in %q that uses %q: it can run code or read files in the controller", o, strings.TrimPrefix(name, nginxPrefix), strings.Trim(m, "{; \t\n"))
			}
			p.Add(pr)
		}
	},
}

// reaches finds directives by which a snippet gets at the controller's files,
// sockets or interpreter.
var reaches = regexp.MustCompile(`(?m)\b(?:[a-z_]+_by_lua[a-z_]*|lua_[a-z_]+|load_module)\b|^\s*(?:alias|root)\s|[;{]\s*(?:alias|root)\s|\bproxy_pass\s+https?://unix:|/var/run/secrets/kubernetes\.io|/run/secrets/kubernetes\.io`)
