package helm

import (
	"io"
	"log"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/releaseutil"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// heads are documents whose place Helm decides by more than their kind's name.
var heads = []string{
	"kind: Service\n---\nkind: Namespace\n---\nkind: Zebra\n---\nkind: Antelope\n",
	"---\n---\n\n--- \nkind: A\n----\nkind: B\n---kind: C\n\t\n---\n",
	" \n\u00a0--- # x\nkind: A\n\f\n---\r\nkind: B\r\n---\r\n",
	"kind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: pre-install, Post-Install\n---\nkind: Pod\nmetadata:\n  annotations: {helm.sh/hook: test-success}\n",
	"kind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: unknown\n",
	"kind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: yes\n",
	"kind: 5\n---\nkind: 010\n---\nkind: on\n---\nkind: 1e3\n---\nkind: 2001-01-01\n---\nkind: 1:30\n---\nkind: ~\n",
	"Kind: Service\nmetadata:\n  Annotations: {helm.sh/hook: test}\n",
	"kind: Service\nKIND: Pod\n",
	"kind: Service\nkind: Pod\n",
	"kind: [a]\n---\nkind: Pod\n",
	"kind: Pod\nmetadata: text\n",
	"kind: Pod\nmetadata: []\n",
	"kind: Pod\nmetadata: null\n",
	"kind: Pod\nmetadata:\n  annotations: null\n",
	"kind: Pod\nmetadata:\n  annotations: {a: [1]}\n",
	"kind: Pod\nmetadata:\n  annotations: {a: 1, b: true, c: null, d: 1.5}\n",
	"kind: Pod\nspec: .inf\n",
	"kind: Pod\nspec: {~: 1}\n",
	"kind: Pod\nspec: {1: 1, true: 2, 1.5: 3}\n",
	"kind: Pod\nspec: {[a]: 1}\n",
	"kind: Pod\nspec: &a {b: 1}\nother: *a\n",
	"kind: Pod\nspec: *a\n",
	"kind: Pod\nspec:\n  <<: {a: 1}\n",
	"kind: Pod\nspec:\n  <<: 5\n",
	"kind: Pod\nspec: !!binary aGk=\n",
	"kind: Pod\nspec: !own x\n",
	"kind: Pod\nspec: 2001-01-01\n",
	"kind: Pod\nspec: 0x1F\n---\nkind: Pod\nspec: 0b11\n---\nkind: Pod\nspec: 1_000\n---\nkind: Pod\nspec: 99999999999999999999\n---\nkind: Pod\nspec: 1e999\n",
	"just text\n",
	"- kind: Pod\n",
	"kind: Pod\n\tx: 1\n",
	"a: b: c\n",
	"# only a comment\n",
	"{\"kind\": \"Pod\"}\n...\n",
	"%YAML 1.1\n---\nkind: Pod\n",
}

func FuzzOrdered(f *testing.F) {
	log.SetOutput(io.Discard)
	for _, h := range heads {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Both decoders are slow on deep nesting.
		if strings.Count(text, "[")+strings.Count(text, "{") > 50 {
			return
		}
		files := map[string]string{"c/templates/a.yaml": text, "c/templates/_b.tpl": text, "c/templates/sub/c.yaml": text}
		var want, got []string
		wantHooks, wantManifests, wantErr := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
		for _, m := range wantManifests {
			want = append(want, m.Name+"\n"+m.Content)
		}
		for _, h := range wantHooks {
			want = append(want, "hook "+h.Path+"\n"+h.Manifest)
		}
		manifests, hooks, err := ordered(files, func(_ string, c chunk) *manifest.Document {
			d := &manifest.Document{Text: []byte(c.text)}
			_ = d.Parse()
			return d
		})
		for _, m := range manifests {
			got = append(got, m.file+"\n"+m.text)
		}
		for _, h := range hooks {
			got = append(got, "hook "+h.file+"\n"+h.text)
		}
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("%q: error %v, Helm's %v", text, err, wantErr)
		}
		if err == nil && !cmp.Equal(want, got) {
			t.Errorf("%q:\n%s", text, cmp.Diff(want, got))
		}
	})
}

// TestChunks checks the line of each chunk.
func TestChunks(t *testing.T) {
	text := "\n\n---\n# a\nkind: A\n \n---\n---\nkind: B\n--- \n\nkind: C\n"
	lines := strings.Split(text, "\n")
	for _, c := range chunks(text) {
		if first := strings.SplitN(c.text, "\n", 2)[0]; lines[c.line-1] != first {
			t.Errorf("chunk %q is said to start at line %d, which is %q", c.text, c.line, lines[c.line-1])
		}
	}
}
