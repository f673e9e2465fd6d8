package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// readEnums reads the enums out of Kubernetes' generated OpenAPI code: type, as
// goName has it, to field to values. The published documents lack them.
func readEnums(path string) (map[string]map[string][]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string][]string{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(fn.Name.Name, "schema_") {
			continue
		}
		name := tail(strings.Split(fn.Name.Name, "_"))
		fields := map[string][]string{}
		ast.Inspect(fn, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok || identifier(kv.Key) != "Properties" {
				return true
			}
			if props, ok := kv.Value.(*ast.CompositeLit); ok {
				for _, e := range props.Elts {
					field := e.(*ast.KeyValueExpr)
					if values := enumBelow(field.Value); values != nil {
						fields[text(field.Key)] = values
					}
				}
			}
			return false
		})
		if len(fields) > 0 {
			out[name] = fields
		}
	}
	return out, nil
}

// goName is the part of a definition's name that the generated code keeps:
// version and type, with the group before them.
func goName(definition string) string { return tail(strings.Split(definition, ".")) }

func tail(parts []string) string { return strings.Join(parts[max(len(parts)-3, 0):], ".") }

// enumBelow is the field's enum, or that of its items.
func enumBelow(field ast.Expr) []string {
	var out []string
	ast.Inspect(field, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if ok && identifier(kv.Key) == "Enum" {
			for _, v := range kv.Value.(*ast.CompositeLit).Elts {
				out = append(out, text(v))
			}
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

func identifier(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// text is the value of a string literal.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}
