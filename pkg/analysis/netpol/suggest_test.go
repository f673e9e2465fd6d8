package netpol

import (
	"bytes"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
)

const shop = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend, namespace: shop}
spec:
  selector: {matchLabels: {app: frontend}}
  template: {metadata: {labels: {app: frontend, version: "1"}}, spec: {containers: [{name: c}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backend, namespace: shop}
spec:
  selector: {matchLabels: {app: backend}}
  template: {metadata: {labels: {app: backend}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]}]}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec: {jobTemplate: {spec: {template: {metadata: {labels: {job: report}}, spec: {containers: [{name: c}]}}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: data}
spec:
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus, namespace: monitoring}
spec:
  selector: {matchLabels: {app: prometheus}}
  template: {metadata: {labels: {app: prometheus}}, spec: {containers: [{name: c}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: proxy, namespace: egress}
spec:
  selector: {matchLabels: {app: proxy}}
  template: {metadata: {labels: {app: proxy}}, spec: {containers: [{name: c}]}}
`

const shopIntents = `
- only: {from: shop/frontend, to: shop/backend, port: 8080, except: [monitoring/*]}
- only: {from: shop/*, to: "app=db", port: 5432}
- allow: {from: monitoring/prometheus, to: shop/*, port: metrics}
- allow: {from: internet, to: shop/frontend, port: 8443}
- deny: {from: "*", to: internet, except: [egress/proxy]}
- deny: {from: "*", to: metadata}
- allow: {from: egress/proxy, to: internet, port: 443}
- deny: {from: shop/frontend, to: "data/*"}
`

func intents(t *testing.T, text string) []intent.Intent {
	t.Helper()
	var out []intent.Intent
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if err := out[i].Check(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func violations(x *index.Index, items []intent.Intent) []Violation {
	return New(x).Verify(intent.NewList(items), x)
}

// Under the suggested policies the intents hold, but for those that speak
// against one another; without them they do not.
func TestSuggest(t *testing.T) {
	items := intents(t, shopIntents)
	x := parse(t, shop)
	before := map[int]bool{}
	for _, v := range violations(x, items) {
		before[v.Number] = true
	}
	for _, n := range []int{1, 2, 5, 6, 8} {
		if !before[n] {
			t.Errorf("intent %d holds without any policy", n)
		}
	}
	s := Suggest(x, items)
	golden.Check(t, "testdata/suggest.yaml", s.YAML)
	if !bytes.Equal(s.YAML, Suggest(x, items).YAML) {
		t.Error("two runs differ")
	}
	// The frontend is of shop/*, which intent 2 lets in and intent 8 does not.
	after := violations(parse(t, shop+"---\n"+string(s.YAML)), items)
	if len(after) != 1 || after[0].Number != 8 || len(s.Open) != 1 {
		t.Errorf("violated under the suggestion: %+v\nsaid to be open: %q", after, s.Open)
	}
	consistent := append(items[:7:7], intents(t, `[{deny: {from: monitoring/*, to: "data/*"}}]`)...)
	s = Suggest(x, consistent)
	if after := violations(parse(t, shop+"---\n"+string(s.YAML)), consistent); len(after)+len(s.Open) > 0 {
		t.Errorf("violated under the suggestion: %+v\nsaid to be open: %q", after, s.Open)
	}
}

// Each allowed flow is needed: without any one policy an intent fails.
func TestSuggestIsLeast(t *testing.T) {
	items := intents(t, `
- allow: {from: shop/frontend, to: shop/backend, port: 8080}
- allow: {from: shop/backend, to: data/db, port: 5432}
- deny: {from: shop/report, to: "*/*", except: [shop/frontend]}
`)
	x := parse(t, shop)
	s := Suggest(x, items)
	docs := bytes.Split(s.YAML, []byte("---\n"))[1:]
	for i, d := range docs {
		if !bytes.Contains(d, []byte("name: allow-")) || bytes.Contains(d, []byte("name: allow-dns")) {
			continue
		}
		rest := bytes.Join(append(append([][]byte{}, docs[:i]...), docs[i+1:]...), []byte("---\n"))
		if len(violations(parse(t, shop+"---\n"+string(rest)), items)) == 0 {
			t.Errorf("not needed:\n%s", d)
		}
	}
}
