package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/kustoms-dev/kustoms"

// pkg is what `go list` says of a package, names cut below the module.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	shipped    bool // linked into the program
}

var list = sync.OnceValues(func() ([]pkg, error) {
	// What go list reads, go test does not see: opening the folders here makes
	// a cached result stale when a file comes or goes.
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(filepath.Join(root, "pkg"), func(string, fs.DirEntry, error) error { return nil })
	if err != nil {
		return nil, err
	}
	var out []pkg
	shipped := map[string]bool{}
	for _, args := range [][]string{{"-deps", "./cmd/kustoms"}, {"./..."}} {
		cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,Imports"}, args...)...)
		cmd.Dir = root
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		data, err := cmd.Output()
		if err != nil {
			return nil, errors.New("go list: " + stderr.String())
		}
		for dec := json.NewDecoder(bytes.NewReader(data)); ; {
			var p pkg
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			name, ours := strings.CutPrefix(p.ImportPath, module+"/")
			switch {
			case !ours:
			case args[0] == "-deps":
				shipped[name] = true
			case len(p.GoFiles) > 0: // a folder of tests alone is no package
				p.ImportPath, p.shipped = name, shipped[name]
				out = append(out, p)
			}
		}
	}
	return out, nil
})

func packages(t *testing.T) []pkg {
	t.Helper()
	pkgs, err := list()
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// matches reports whether a name of the tables stands for the package.
func matches(pattern, name string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == below || strings.HasPrefix(name, below+"/")
	}
	return pattern == name
}

func TestImports(t *testing.T) {
	pkgs := packages(t)
	exists := func(pattern string) bool {
		return slices.ContainsFunc(pkgs, func(p pkg) bool { return matches(pattern, p.ImportPath) })
	}
	for _, l := range layers {
		for _, pattern := range append([]string{l.pkg}, l.may...) {
			if !exists(pattern) {
				t.Errorf("row %q: no package %q: remove it from the table", l.pkg, pattern)
			}
		}
	}
	for _, p := range pkgs {
		// The row with the package's own name wins over a pattern.
		i := slices.IndexFunc(layers, func(l layer) bool { return l.pkg == p.ImportPath })
		if i < 0 {
			i = slices.IndexFunc(layers, func(l layer) bool { return matches(l.pkg, p.ImportPath) })
		}
		if i < 0 {
			t.Errorf("%s has no row: say in table_test.go what it may import", p.ImportPath)
			continue
		}
		l := layers[i]
		for _, imp := range p.Imports {
			name, ours := strings.CutPrefix(imp, module+"/")
			if ours && !slices.ContainsFunc(l.may, func(m string) bool { return matches(m, name) }) {
				t.Errorf("%s must not import %s: %s", p.ImportPath, name, l.why)
			}
		}
	}
}

func TestLibraries(t *testing.T) {
	for _, l := range libraries {
		used := map[string]bool{}
		for _, p := range packages(t) {
			if !p.shipped {
				continue
			}
			for _, imp := range p.Imports {
				if imp != l.path && !strings.HasPrefix(imp, l.path+"/") {
					continue
				}
				i := slices.IndexFunc(l.only, func(o string) bool { return matches(o, p.ImportPath) })
				if i < 0 {
					t.Errorf("%s must not import %s: %s", p.ImportPath, imp, l.why)
					continue
				}
				used[l.only[i]] = true
			}
		}
		for _, o := range l.only {
			if !used[o] {
				t.Errorf("row %q: %s does not import it: remove it from the table", l.path, o)
			}
		}
	}
}

func TestCalls(t *testing.T) {
	used := map[string]bool{} // row and exception
	for _, p := range packages(t) {
		if !p.shipped {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s/%s: has an init function: what runs is what is called", p.ImportPath, name)
				}
			}
			imports := importNames(f)
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok || imports[x.Name] == "" {
					return true
				}
				for i, c := range calls {
					if !slices.Contains(c.funcs, imports[x.Name]+"."+sel.Sel.Name) && !slices.Contains(c.funcs, imports[x.Name]+".*") {
						continue
					}
					if _, ok := c.except[p.ImportPath]; ok {
						used[strconv.Itoa(i)+p.ImportPath] = true
						continue
					}
					t.Errorf("%s/%s:%d: %s.%s: %s", p.ImportPath, name, fset.Position(sel.Pos()).Line, x.Name, sel.Sel.Name, c.why)
				}
				return true
			})
		}
	}
	for i, c := range calls {
		for name := range c.except {
			if !used[strconv.Itoa(i)+name] {
				t.Errorf("%s: no call of %s and kin is left: remove the exception", name, c.funcs[0])
			}
		}
	}
}

// importNames maps the names that a file uses to import paths.
func importNames(f *ast.File) map[string]string {
	out := map[string]string{}
	for _, imp := range f.Imports {
		p, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if imp.Name != nil {
			name = imp.Name.Name
		} else if name == "v2" {
			name = path.Base(path.Dir(p))
		}
		out[name] = p
	}
	return out
}

func TestMainDoesNothing(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != "cmd/kustoms" {
			continue
		}
		if len(p.GoFiles) != 1 {
			t.Errorf("cmd/kustoms has the files %q: one is enough", p.GoFiles)
		}
		return
	}
	t.Error("cmd/kustoms is gone")
}
