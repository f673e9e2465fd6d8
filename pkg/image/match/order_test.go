package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// comparer is an ecosystem's own way to compare versions: pairs in, one a
// line, and -1, 0 or 1 out for each; "?" where it takes a version for none.
type comparer struct {
	ecosystem string
	pieces    []string
	joins     []string
	run       func(t *testing.T, pairs [][2]string) []string
}

// TestOrder compares the order of made-up versions with the ecosystems' own
// programs. A change of one piece at a time makes pairs that are near.
func TestOrder(t *testing.T) {
	for _, c := range []comparer{
		{"Debian", []string{"0", "1", "2", "10", "09", "a", "b", "rc", "dfsg", "deb12u1", "1:", "2:", "~", "~~", "+"}, []string{"", ".", "-", "+", "~"}, dpkg},
		{"Ubuntu", []string{"0", "1", "ubuntu", "22.04", "esm", "~", "10"}, []string{"", ".", "-", "+"}, dpkg},
		{"Rocky Linux", []string{"0", "1", "2", "10", "el9", "el9_2", "rc1", "a", "~", "^", "git"}, []string{"", ".", "~", "^", "_"}, rpmvercmp},
		{"PyPI", []string{"0", "1", "2", "10", "a1", "b2", "rc1", ".post1", ".dev3", "1!", "+local"}, []string{"", ".", "."}, python},
		{"npm", []string{"0", "1", "2", "10", "alpha", "beta", "rc", "x-y"}, []string{".", ".", "-", "+"}, node},
	} {
		t.Run(c.ecosystem, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			gen := func() []string {
				var parts []string
				for i := range 2 + r.IntN(5) {
					if i > 0 {
						parts = append(parts, c.joins[r.IntN(len(c.joins))])
					}
					parts = append(parts, c.pieces[r.IntN(len(c.pieces))])
				}
				if c.ecosystem == "PyPI" { // the parts of PEP 440, in its order
					or := func(all ...string) string { return all[r.IntN(len(all))] }
					parts = []string{or("", "", "", "1!"), or("0", "1", "10"), or(".0", ".1", ".10", ""), or("", ".0", ".2"), or("", "", "a1", "b2", "rc1", "rc10"),
						or("", "", ".post1", "-1"), or("", "", ".dev1", ".dev12"), or("", "", "", "+local.1", "+2")}
				}
				if c.ecosystem == "npm" {
					parts = []string{strconv.Itoa(r.IntN(3)), ".", strconv.Itoa(r.IntN(12)), ".", strconv.Itoa(r.IntN(3))}
					for i := range r.IntN(3) {
						parts = append(parts, []string{"-", "."}[min(i, 1)], c.pieces[r.IntN(len(c.pieces))])
					}
				}
				return parts
			}
			var pairs [][2]string
			for range 600 {
				a := gen()
				b := append([]string(nil), a...)
				if r.IntN(3) == 0 || c.ecosystem == "PyPI" {
					b = gen()
				} else {
					b[2*r.IntN((len(b)+1)/2)] = c.pieces[r.IntN(len(c.pieces))]
				}
				pairs = append(pairs, [2]string{strings.Join(a, ""), strings.Join(b, "")})
			}
			want := c.run(t, pairs)
			if len(want) != len(pairs) {
				t.Fatalf("%d answers for %d pairs", len(want), len(pairs))
			}
			compared, wrong := 0, 0
			for i, p := range pairs {
				if want[i] == "?" {
					continue
				}
				compared++
				got, err := Compare(c.ecosystem, p[0], p[1])
				if err != nil {
					t.Errorf("%q and %q: %v", p[0], p[1], err)
				} else if fmt.Sprint(got) != want[i] {
					if wrong++; wrong < 10 {
						t.Errorf("%q against %q: %d, want %s", p[0], p[1], got, want[i])
					}
				}
				if back, err := Compare(c.ecosystem, p[1], p[0]); err == nil && back != -got {
					t.Errorf("%q against %q: %d one way, %d the other", p[0], p[1], got, back)
				}
			}
			if compared < 50 {
				t.Errorf("only %d pairs were versions", compared)
			}
			t.Logf("%d pairs compared, %d wrong", compared, wrong)
		})
	}
}

func find(t *testing.T, program string) string {
	t.Helper()
	p, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return p
}

func dpkg(t *testing.T, pairs [][2]string) (out []string) {
	p := find(t, "dpkg")
	holds := func(a, op, b string) bool { return exec.Command(p, "--compare-versions", a, op, b).Run() == nil }
	for _, pair := range pairs {
		// dpkg compares what it warns of, too: ask whether it is a version.
		for _, v := range pair {
			if exec.Command(p, "--validate-version", v).Run() != nil {
				out = append(out, "?")
				goto next
			}
		}
		switch {
		case holds(pair[0], "lt", pair[1]):
			out = append(out, "-1")
		case holds(pair[0], "gt", pair[1]):
			out = append(out, "1")
		default:
			out = append(out, "0")
		}
	next:
	}
	return out
}

// lines feeds the pairs to a program and reads its answers.
func lines(t *testing.T, cmd *exec.Cmd, pairs [][2]string) []string {
	var in bytes.Buffer
	for _, p := range pairs {
		fmt.Fprintf(&in, "%s %s\n", p[0], p[1])
	}
	cmd.Stdin = &in
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%v: %v", cmd.Args[0], err)
	}
	return strings.Fields(string(out))
}

func rpmvercmp(t *testing.T, pairs [][2]string) []string {
	p := find(t, "rpm")
	var script strings.Builder
	for _, pair := range pairs {
		fmt.Fprintf(&script, "print(rpm.vercmp(%q, %q), ' ') ", pair[0], pair[1])
	}
	out, err := exec.Command(p, "--eval", "%{lua:"+script.String()+"}").Output()
	if err != nil {
		t.Skipf("rpm: %v", err)
	}
	return strings.Fields(string(out))
}

func python(t *testing.T, pairs [][2]string) []string {
	p := find(t, "python3")
	if exec.Command(p, "-c", "import packaging.version").Run() != nil {
		t.Skip("python3 has no package packaging")
	}
	return lines(t, exec.Command(p, "-c", `
import sys
from packaging.version import Version, InvalidVersion
for line in sys.stdin:
    try:
        a, b = map(Version, line.split())
        print((a > b) - (a < b))
    except (InvalidVersion, ValueError):
        print("?")
`), pairs)
}

func node(t *testing.T, pairs [][2]string) []string {
	p := find(t, "node")
	return lines(t, exec.Command(p, "-e", `
let semver
for (const at of ["semver", "/usr/share/nodejs/semver", "/usr/lib/node_modules/npm/node_modules/semver"]) {
  try { semver = require(at); break } catch (e) {}
}
if (!semver) process.exit(1)
for (const line of require("fs").readFileSync(0, "utf8").trim().split("\n")) {
  const [a, b] = line.split(" ")
  console.log(semver.valid(a) && semver.valid(b) ? semver.compare(a, b) : "?")
}
`), pairs)
}
