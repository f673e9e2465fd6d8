package cli_test

import (
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

// imageCommands give scripts a registry with an image, and advisories.
func imageCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		// registry starts one on loopback, as $REGISTRY, with shop/web:1 of
		// two layers: Debian with openssl, and an npm package; shop/web:1.0.0 is
		// the same, and in shop/web:1.0.1 openssl is mended.
		"registry": func(ts *testscript.TestScript, _ bool, _ []string) {
			host := imagetest.Registry(t)
			ts.Setenv("REGISTRY", host)
			imagetest.Push(t, host, "shop/leaky:1", leaky(t))
			web := func(openssl string) v1.Image {
				return imagetest.Image(t,
					imagetest.Layer(t,
						imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
						imagetest.File{Name: "var/lib/dpkg/status", Body: "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: " + openssl + "\n\n"}),
					imagetest.Layer(t, imagetest.File{Name: "app/node_modules/left/package.json", Body: `{"name":"left","version":"1.0.0"}`}))
			}
			imagetest.Push(t, host, "shop/web:1", web("3.0.11-1"))
			imagetest.Push(t, host, "shop/web:1.0.0", web("3.0.11-1"))
			imagetest.Push(t, host, "shop/web:1.0.1", web("3.0.12-1"))
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
		// trivy-server starts one on loopback, as $TRIVY, whose token is tok,
		// and that finds CVE-2026-1 in libssl3 and GHSA-left in left.
		"trivy-server": func(ts *testscript.TestScript, _ bool, _ []string) {
			s := (&imagetest.Trivy{Token: "tok", Updated: time.Now(), Found: map[string]map[string]any{
				"libssl3": {"vulnerability_id": "CVE-2026-1", "fixed_version": "3.0.12-1", "severity": "UNKNOWN", "title": "made-up fault of openssl"},
				"left":    {"vulnerability_id": "GHSA-left", "severity": "UNKNOWN", "title": "made-up fault of left"},
			}}).Start(t)
			ts.Setenv("TRIVY", s.URL)
			ts.Setenv("TRIVYHOST", strings.TrimPrefix(s.URL, "http://"))
		},
		// clair starts one on loopback, as $CLAIR, which finds the same; after
		// an argument it is never ready.
		"clair": func(ts *testscript.TestScript, _ bool, args []string) {
			s := (&imagetest.Clair{Key: []byte("key"), Updated: time.Now(), Report: clairReport, NotReady: -len(args)}).Start(t)
			ts.Setenv("CLAIR", s.URL)
			ts.Setenv("CLAIRHOST", strings.TrimPrefix(s.URL, "http://"))
		},
		// expand FILE replaces $NAME in a file.
		"expand": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[0], []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)))
		},
	}
}

const clairReport = `{"manifest_hash":"@DIGEST@",
"packages":{"1":{"name":"libssl3","version":"3.0.11-1","kind":"binary","source":{"name":"openssl","version":"3.0.11-1"},"arch":"amd64"},"2":{"name":"left","version":"1.0.0","kind":"binary"}},
"distributions":{"1":{"did":"debian","version_id":"12","pretty_name":"Debian GNU/Linux 12 (bookworm)"}},
"repository":{"7":{"name":"npm"}},
"environments":{"1":[{"package_db":"var/lib/dpkg/status","introduced_in":"@LAYER0@","distribution_id":"1"}],"2":[{"package_db":"nodejs:app/node_modules/left/package.json","introduced_in":"@LAYER1@","repository_ids":["7"]}]},
"vulnerabilities":{"10":{"updater":"debian/updater","name":"CVE-2026-1 made-up fault of openssl","normalized_severity":"Unknown","fixed_in_version":"3.0.12-1"},"11":{"updater":"osv/npm","name":"GHSA-left made-up fault of left","normalized_severity":"Unknown"}},
"package_vulnerabilities":{"1":["10"],"2":["11"]}}`

// leaky is an image with a key in its environment and in a step of its history.
func leaky(t *testing.T) v1.Image {
	key := "AKIA" + "Q3EGZ7WY5RTUXK2P" // no example key: those are not leaks
	img := imagetest.Image(t, imagetest.Layer(t,
		imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"10\"\nPRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"\n"},
		imagetest.File{Name: "var/lib/dpkg/status", Body: "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1\n\n"},
		imagetest.File{Name: "bin/sh", Body: "x", Mode: 0o755}))
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cf = cf.DeepCopy()
	cf.Config.Env = []string{"PATH=/bin", "AWS_ACCESS_KEY_ID=" + key}
	cf.History[0].CreatedBy = "|1 KEY=" + key + " /bin/sh -c fetch"
	if img, err = mutate.ConfigFile(img, cf); err != nil {
		t.Fatal(err)
	}
	return img
}
