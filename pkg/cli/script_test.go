package cli_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kustoms-dev/kustoms/pkg/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kustoms": func() {
			os.Exit(cli.Main(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

func TestScript(t *testing.T) {
	cmds := imageCommands(t)
	maps.Copy(cmds, map[string]func(*testscript.TestScript, bool, []string){
		// bigfile FILE MB writes a manifest of so many megabytes.
		"bigfile": func(ts *testscript.TestScript, _ bool, args []string) {
			mb, err := strconv.Atoi(args[1])
			ts.Check(err)
			write(ts, args[0], append([]byte("apiVersion: v1\nkind: ConfigMap\ndata:\n"), bytes.Repeat([]byte("  k: vvvvvvvvvv\n"), mb<<16)...))
		},
		// binary FILE writes something that is no text.
		"binary": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[0], []byte("\x7fELF\x00\x01apiVersion: v1\x00\xff\xfe"))
		},
		// bom FILE puts a byte-order mark before a file.
		"bom": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[0], append([]byte("\ufeff"), ts.ReadFile(args[0])...))
		},
		"chartrepo": chartRepo,
		"replace":   replace,
		// fifo FILE makes a named pipe that nobody writes to.
		"fifo": func(ts *testscript.TestScript, _ bool, args []string) {
			if err := exec.Command("mkfifo", ts.MkAbs(args[0])).Run(); err != nil {
				ts.Logf("no named pipes here: %v", err)
			}
		},
		// code N CMD... runs a command that must end with exactly N.
		"code": func(ts *testscript.TestScript, _ bool, args []string) {
			err := ts.Exec(args[1], args[2:]...)
			got := "0"
			if e, ok := err.(interface{ ExitCode() int }); ok {
				got = string(rune('0' + e.ExitCode()))
			} else if err != nil {
				ts.Fatalf("%v", err)
			}
			if got != args[0] {
				ts.Fatalf("exit code %s, want %s", got, args[0])
			}
		},
	})
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: cmds})
}

func write(ts *testscript.TestScript, name string, data []byte) {
	name = ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, data, 0o666))
}
