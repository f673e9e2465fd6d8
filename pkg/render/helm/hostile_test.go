package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

const subTemplate = "kind: A\nx: {{ print (.Files.Get \"link\") (.Files.Get \"../outside\") (.Files.Get \"/etc/passwd\") | quote }}\n"

// member is one of an archive: a regular file, or a link to somewhere.
type member struct {
	name, text, link string
	kind             byte
}

// packed is a chart with the sub-chart "sub" as an archive.
func packed(t *testing.T, entries ...member) *Renderer {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	entries = append([]member{
		{name: "sub/Chart.yaml", text: "apiVersion: v2\nname: sub\nversion: 1.0.0\n"},
		{name: "sub/templates/a.yaml", text: subTemplate},
	}, entries...)
	for _, e := range entries {
		kind := e.kind
		if kind == 0 {
			kind = tar.TypeReg
		}
		if err := w.WriteHeader(&tar.Header{Name: e.name, Typeflag: kind, Linkname: e.link, Size: int64(len(e.text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, dir := unpack(t, archive("templates/own.yaml", "kind: Own\n"))
	p := filepath.Join(dir, "c", "charts")
	if err := os.MkdirAll(p, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p, "sub-1.0.0.tgz"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "outside"), []byte("stolen"), 0o666); err != nil {
		t.Fatal(err)
	}
	return r
}

// An archive can neither name a file outside itself nor fill the memory.
func TestHostileArchives(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []member
		want    string // in the error; "" renders
	}{
		{"plain", nil, ""},
		{"parent directory", []member{{name: "sub/../../outside", text: "x"}}, "references parent directory"},
		{"absolute path", []member{{name: "/etc/passwd", text: "x"}}, ""},
		{"link out", []member{{name: "sub/link", link: "../../../outside", kind: tar.TypeSymlink}}, ""},
		{"hard link out", []member{{name: "sub/link", link: "/etc/passwd", kind: tar.TypeLink}}, ""},
		{"device", []member{{name: "sub/link", kind: tar.TypeChar}}, ""},
		{"bomb", []member{{name: "sub/big", text: strings.Repeat("\x00", 110<<20)}}, "larger than the maximum"},
		{"drive letter", []member{{name: `C:\outside`, text: "x"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := packed(t, c.entries...).Render(t.Context(), target)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(out.Text), `x: ""`) {
					t.Errorf("a link in an archive was followed:\n%s", out.Text)
				}
				return
			}
			f := render.AsFault(err)
			if err == nil || !strings.Contains(f.Error(), c.want) || f.At.IsZero() {
				t.Errorf("fault %v, want %q and a place", err, c.want)
			}
		})
	}
}

// Whatever names a file of the target is confined to the repository.
func TestHostilePaths(t *testing.T) {
	for name, h := range map[string]*result.Helm{
		"values above":    {ValueFiles: []string{"../outside.yaml"}},
		"values absolute": {ValueFiles: []string{"/etc/hostname"}},
		"values link":     {ValueFiles: []string{"c/link.yaml"}},
		"set-file above":  {SetFile: []string{"a=../outside.yaml"}},
		"set-file link":   {SetFile: []string{"a=c/link.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, dir := unpack(t, archive("templates/a.yaml", "kind: A\na: {{ .Values.a | quote }}\n"))
			outside := filepath.Join(t.TempDir(), "outside.yaml")
			if err := os.WriteFile(outside, []byte("a: stolen\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, filepath.Join(dir, "c", "templates", "..", "link.yaml")); err != nil {
				t.Skip("this file system has no symbolic links")
			}
			tg := target
			tg.Helm = h
			if out, err := r.Render(t.Context(), tg); err == nil {
				t.Errorf("it was read:\n%s", out.Text)
			}
		})
	}
}

// Every way to ask for too much ends, with what it was.
func TestHostileSizes(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"100 MB at once":      {`{{ range until 7 }}{{ repeat 16000000 "x" }}{{ end }}`, "the output of one render"},
		"doubling":            {`{{ $x := "0123456789abcdef" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}`, "print is given more than"},
		"joined":              {`a: {{ join (repeat 1000000 "x") (until 1000000) }}`, "join makes more than"},
		"replaced":            {`a: {{ replace "x" (repeat 1000000 "y") (repeat 1000000 "x") }}`, "replace makes more than"},
		"printf width":        {`a: {{ printf "%2000000000d" 1 }}`, "printf makes more than"},
		"mutual templates":    {`{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`, "stopped"},
		"tpl of itself":       {`{{ define "t" }}{{ tpl "{{ include \"t\" . }}" . }}{{ end }}{{ include "t" . }}`, ""},
		"dict of itself":      {`{{ $d := dict "a" 1 }}{{ range until 60 }}{{ $d = dict "a" $d "b" $d }}{{ end }}{{ toJson $d }}`, "toJson is given more than"},
		"concat":              {`{{ $l := list 1 2 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}`, "concat makes a list of"},
		"regex":               {`{{ regexReplaceAll "x" (repeat 1000000 "x") (repeat 1000000 "y") }}`, "regexReplaceAll makes more than"},
		"encoded":             {`{{ $x := repeat 1000 "x" }}{{ range until 100 }}{{ $x = b64enc $x }}{{ end }}`, "b64enc makes more than"},
		"untilStep of little": {`{{ range untilStep 0 2000000000 1 }}x{{ end }}`, "a list of"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := unpack(t, archive("templates/a.yaml", c.template))
			r.Timeout = time.Minute // the limits of size are met long before
			_, err := r.Render(t.Context(), target)
			f := render.AsFault(err)
			if err == nil || c.want != "stopped" && !strings.Contains(f.Error(), c.want) || f.At.IsZero() {
				t.Errorf("fault %v, want %q and a place", err, c.want)
			}
			t.Logf("%.200v", f)
		})
	}
}
