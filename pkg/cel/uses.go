package cel

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
)

// Uses is what an expression looks at, through variables too.
type Uses struct {
	// Who says that the answer depends on who makes the request: it asks for
	// request.userInfo or the authorizer.
	Who bool
	// Owner says that it depends on more of the namespace than its name.
	Owner bool
	// Fields are the paths below object, each as far as it is written out.
	Fields [][]string
}

// Field is the one path that all of Fields begin with, nil for none.
func (u Uses) Field() []string {
	if len(u.Fields) == 0 {
		return nil
	}
	common := u.Fields[0]
	for _, f := range u.Fields[1:] {
		n := 0
		for n < len(common) && n < len(f) && common[n] == f[n] {
			n++
		}
		common = common[:n]
	}
	if len(common) == 1 && len(u.Fields) > 1 && (common[0] == "spec" || common[0] == "metadata") {
		return nil // that is everything
	}
	return common
}

func (u *Uses) add(o Uses) {
	u.Who, u.Owner = u.Who || o.Who, u.Owner || o.Owner
	u.Fields = append(u.Fields, o.Fields...)
}

// note works out what an expression uses. One that does not parse uses nothing:
// it is a fault.
func (p *Policy) note(e *expression) {
	env, err := p.compiler.Env(stored)
	if err != nil || len(e.text) > maxExpression {
		return
	}
	parsed, issues := env.Parse(e.text)
	if issues.Err() != nil {
		return
	}
	var u Uses
	p.walk(parsed.NativeRep().Expr(), &u)
	slices.SortFunc(u.Fields, slices.Compare)
	u.Fields = slices.CompactFunc(u.Fields, slices.Equal)
	p.uses[e.path] = u
}

func (p *Policy) walk(root ast.Expr, u *Uses) {
	ast.PreOrderVisit(root, visitor(func(e ast.Expr) bool {
		switch e.Kind() {
		case ast.IdentKind, ast.SelectKind, ast.CallKind:
		default:
			return false
		}
		path, ok := chain(e)
		if !ok {
			return false
		}
		switch path[0] {
		case "object":
			u.Fields = append(u.Fields, path[1:])
		case "authorizer":
			u.Who = true
		case "request":
			u.Who = u.Who || len(path) == 1 || path[1] == "userInfo"
		case "namespaceObject":
			u.Owner = u.Owner || !slices.Equal(path, []string{"namespaceObject", "metadata", "name"})
		case "variables":
			if len(path) > 1 {
				u.add(p.uses["variables."+path[1]])
			}
		}
		return true
	}))
}

// visitor visits what fn does not answer true for; below that it goes no
// further.
func visitor(fn func(ast.Expr) bool) ast.Visitor { return &pruned{fn: fn, skip: map[int64]bool{}} }

// pruned remembers the operands of selections that were taken whole.
type pruned struct {
	fn   func(ast.Expr) bool
	skip map[int64]bool
}

func (v *pruned) VisitExpr(e ast.Expr) {
	if v.skip[e.ID()] || v.fn(e) {
		for _, c := range operands(e) {
			v.skip[c.ID()] = true
		}
	}
}

func (v *pruned) VisitEntryExpr(ast.EntryExpr) {}

func operands(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		if c := e.AsCall(); len(c.Args()) == 2 {
			return c.Args()[:1]
		}
	}
	return nil
}

// chain is an identifier and the fields that are selected from it, one after
// the other: a.b["c"]. ok is false for any other expression.
func chain(e ast.Expr) (path []string, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{strings.TrimPrefix(e.AsIdent(), ".")}, true
	case ast.SelectKind:
		s := e.AsSelect()
		path, ok = chain(s.Operand())
		return append(path, s.FieldName()), ok
	case ast.CallKind:
		c := e.AsCall()
		if name := c.FunctionName(); name != "_[_]" && name != "_?._" && name != "_[?_]" || len(c.Args()) != 2 || c.Args()[1].Kind() != ast.LiteralKind {
			return nil, false
		}
		key, isString := c.Args()[1].AsLiteral().Value().(string)
		path, ok = chain(c.Args()[0])
		return append(path, key), ok && isString
	}
	return nil, false
}
