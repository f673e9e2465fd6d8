package cli

import (
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// reorder puts a command's flags before its arguments, because the flag parser
// stops at the first argument and `kustoms scan PATH --report x=y` is what
// people write. Everything after "--" stays an argument.
func reorder(app *ucli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	commands, head, rest := app.Commands, args[:1], args[1:]
	var flags []ucli.Flag
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *ucli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		head, rest = append(slices.Clip(head), rest[0]), rest[1:]
		commands, flags = commands[i].Subcommands, commands[i].Flags
	}
	if len(flags) == 0 {
		return args
	}
	takesValue := map[string]bool{}
	for _, f := range flags {
		_, isBool := f.(*ucli.BoolFlag)
		for _, n := range f.Names() {
			takesValue[n] = !isBool
		}
	}
	var opts, words []string
	for i := 0; i < len(rest); i++ {
		a := rest[i]
		if a == "--" {
			words = append(words, rest[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			words = append(words, a)
			continue
		}
		if a[1] != '-' && len(a) > 2 && takesValue[a[1:2]] && a[2] != '=' {
			opts = append(opts, a[:2], a[2:]) // -j16
			continue
		}
		opts = append(opts, a)
		if takesValue[strings.TrimLeft(a, "-")] && i+1 < len(rest) {
			i++
			opts = append(opts, rest[i])
		}
	}
	return slices.Concat(head, opts, []string{"--"}, words)
}
