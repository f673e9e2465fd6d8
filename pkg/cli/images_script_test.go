package cli_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

// imageCommands give scripts a registry with an image, and advisories.
func imageCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		// registry starts one on loopback, as $REGISTRY, with shop/web:1 of
		// two layers: Debian with openssl, and an npm package.
		"registry": func(ts *testscript.TestScript, _ bool, _ []string) {
			host := imagetest.Registry(t)
			ts.Setenv("REGISTRY", host)
			imagetest.Push(t, host, "shop/web:1", imagetest.Image(t,
				imagetest.Layer(t,
					imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
					imagetest.File{Name: "var/lib/dpkg/status", Body: "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1\n\n"}),
				imagetest.Layer(t, imagetest.File{Name: "app/node_modules/left/package.json", Body: `{"name":"left","version":"1.0.0"}`})))
		},
		// advisory DIR ECOSYSTEM PACKAGE ID [FIXED] writes an archive with one
		// record.
		"advisory": func(ts *testscript.TestScript, _ bool, args []string) {
			fixed := ""
			if len(args) > 4 {
				fixed = args[4]
			}
			eco := args[1]
			if eco == "Debian" {
				eco = "Debian:12"
			}
			imagetest.OSV(t, ts.MkAbs(args[0]), args[1], imagetest.Advisory(args[3], eco, args[2], fixed))
		},
		// expand FILE replaces $NAME in a file.
		"expand": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[0], []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)))
		},
	}
}
