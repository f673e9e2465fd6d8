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
// the chart lib 1.2.0, and puts its host into the variable.
func chartRepo(ts *testscript.TestScript, _ bool, args []string) {
	var data bytes.Buffer
	z := gzip.NewWriter(&data)
	w := tar.NewWriter(z)
	for _, f := range [][2]string{
		{"lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.0\n"},
		{"lib/values.yaml", "who: nobody\n"},
		{"lib/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-lib}\ndata:\n  who: {{ .Values.who }}\n"},
	} {
		ts.Check(w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1]))}))
		_, err := io.WriteString(w, f[1])
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(z.Close())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/index.yaml":
			fmt.Fprint(w, "apiVersion: v1\nentries:\n  lib:\n  - version: 1.2.0\n    urls: [lib-1.2.0.tgz]\n")
		case "/lib-1.2.0.tgz":
			w.Write(data.Bytes())
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	ts.Defer(s.Close)
	ts.Setenv(args[0], strings.TrimPrefix(s.URL, "http://"))
}

// replace is the script command "replace FILE OLD NEW".
func replace(ts *testscript.TestScript, _ bool, args []string) {
	write(ts, args[0], []byte(strings.ReplaceAll(ts.ReadFile(args[0]), args[1], args[2])))
}
