package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// chartRepo is the script command "chartrepo VAR": it serves a repository with
// the chart lib 1.2.0, a forge with bases and two files, and puts its host into the variable.
func chartRepo(ts *testscript.TestScript, _ bool, args []string) {
	data := packed(ts, [][2]string{
		{"lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.0\n"},
		{"lib/values.yaml", "who: nobody\n"},
		{"lib/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-lib}\ndata:\n  who: {{ .Values.who }}\n"},
	})
	base := packed(ts, [][2]string{
		{"base-v1/prod/kustomization.yaml", "resources: [../web]\nnamePrefix: prod-\n"},
		{"base-v1/web/kustomization.yaml", "resources: [cm.yaml]\n"},
		{"base-v1/web/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-base}\n"},
		{"base-v1/out/kustomization.yaml", "resources: [../../../secret.yaml]\n"},
		{"base-v1/broken/kustomization.yaml", "resources: []\nnone: 1\n"},
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/index.yaml":
			fmt.Fprint(w, "apiVersion: v1\nentries:\n  lib:\n  - version: 1.2.0\n    urls: [lib-1.2.0.tgz]\n")
		case "/lib-1.2.0.tgz":
			w.Write(data)
		case "/org/base/archive/v1.tar.gz", "/group/base/-/archive/HEAD/base.tar.gz":
			w.Write(base)
		case "/files/cm.yaml":
			fmt.Fprint(w, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-file}\n")
		case "/files/app.conf":
			fmt.Fprint(w, "far = away\n")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	ts.Defer(s.Close)
	ts.Setenv(args[0], strings.TrimPrefix(s.URL, "http://"))
}

// packed is an archive of files, by name and text.
func packed(ts *testscript.TestScript, files [][2]string) []byte {
	var data bytes.Buffer
	z := gzip.NewWriter(&data)
	w := tar.NewWriter(z)
	for _, f := range files {
		ts.Check(w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1]))}))
		_, err := io.WriteString(w, f[1])
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(z.Close())
	return data.Bytes()
}

// replace is the script command "replace FILE OLD NEW".
func replace(ts *testscript.TestScript, _ bool, args []string) {
	write(ts, args[0], []byte(strings.ReplaceAll(ts.ReadFile(args[0]), args[1], args[2])))
}
