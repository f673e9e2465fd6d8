package cli

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// shells writes completion for each shell. The scripts hold the whole tree of
// commands, so that completing runs no program.
var shells = []struct {
	name  string
	where string
	write func(io.Writer, *ucli.App) error
}{
	{"bash", "/usr/share/bash-completion/completions/kustoms", completeBash},
	{"fish", "~/.config/fish/completions/kustoms.fish", completeFish},
	{"powershell", "$PROFILE", completePowerShell},
	{"zsh", "_kustoms in a directory of $fpath", completeZsh},
}

func completionCommand() *ucli.Command {
	var names []string
	where := "Keep the output where your shell looks for it:\n"
	for _, s := range shells {
		names = append(names, s.name)
		where += fmt.Sprintf("   %-11s %s\n", s.name, s.where)
	}
	return &ucli.Command{
		Name: "completion", Usage: "print the completion script of a shell", ArgsUsage: strings.Join(names, "|"),
		Description: where + "\nExample:\n   kustoms completion bash > ~/.local/share/bash-completion/completions/kustoms",
		Action: func(c *ucli.Context) error {
			if c.Args().Len() == 1 {
				for _, s := range shells {
					if s.name == c.Args().First() {
						return s.write(c.App.Writer, c.App)
					}
				}
			}
			return usage("kustoms completion bash", "completion wants one of %s", strings.Join(names, ", "))
		},
	}
}

func manCommand() *ucli.Command {
	return &ucli.Command{
		Name: "man", Usage: "print the man page", Hidden: true,
		Action: func(c *ucli.Context) error {
			page, err := c.App.ToManWithSection(1)
			if err == nil {
				_, err = io.WriteString(c.App.Writer, page)
			}
			return err
		},
	}
}

// leaf is a command as completion sees it: its words as typed, and what may
// follow.
type leaf struct {
	path  string // "config show", "" for the program itself
	words []word
}

// word is a command or a flag.
type word struct{ text, usage string }

// leaves lists every visible command, the program itself first.
func leaves(app *ucli.App) []leaf {
	var out []leaf
	var walk func(path string, commands []*ucli.Command, flags []ucli.Flag)
	walk = func(path string, commands []*ucli.Command, flags []ucli.Flag) {
		l := leaf{path: path}
		for _, c := range commands {
			if !c.Hidden {
				l.words = append(l.words, word{c.Name, c.Usage})
			}
		}
		for _, f := range flags {
			usage := ""
			if d, ok := f.(ucli.DocGenerationFlag); ok {
				usage = strings.ReplaceAll(d.GetUsage(), "`", "")
			}
			for _, n := range f.Names() {
				if len(n) > 1 && !slices.ContainsFunc(l.words, func(w word) bool { return w.text == "--"+n }) {
					l.words = append(l.words, word{"--" + n, usage})
				}
			}
		}
		out = append(out, l)
		for _, c := range commands {
			if !c.Hidden {
				walk(strings.TrimSpace(path+" "+c.Name), c.Subcommands, append(slices.Clip(c.Flags), ucli.HelpFlag))
			}
		}
	}
	walk("", app.Commands, nil)
	return out
}

// quoted puts s in single quotes for a shell that ends them by escape.
func quoted(s, escape string) string { return "'" + strings.ReplaceAll(s, "'", escape) + "'" }

// byPattern gives each command with a shell's case pattern for the words before
// the cursor, subcommands before the commands that they belong to.
func byPattern(app *ucli.App) iter.Seq2[string, leaf] {
	return func(yield func(string, leaf) bool) {
		all := leaves(app)
		slices.SortStableFunc(all, func(a, b leaf) int { return strings.Count(b.path, " ") - strings.Count(a.path, " ") })
		for _, l := range all {
			pattern := quoted(l.path, "")
			if l.path != "" {
				pattern += " | " + quoted(l.path+" ", "") + "*"
			}
			if !yield(pattern, l) {
				return
			}
		}
	}
}

func completeBash(w io.Writer, app *ucli.App) error {
	var b bytes.Buffer
	b.WriteString("# bash completion of kustoms\n_kustoms() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} path='' words='' w\n")
	b.WriteString("\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase $w in -*) ;; *) path=\"${path:+$path }$w\" ;; esac\n\tdone\n\tcase $path in\n")
	for pattern, l := range byPattern(app) {
		var words []string
		for _, x := range l.words {
			words = append(words, x.text)
		}
		fmt.Fprintf(&b, "\t%s) words='%s' ;;\n", pattern, strings.Join(words, " "))
	}
	b.WriteString("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\ncomplete -o bashdefault -o default -F _kustoms kustoms\n")
	_, err := b.WriteTo(w)
	return err
}

func completeZsh(w io.Writer, app *ucli.App) error {
	var b bytes.Buffer
	b.WriteString("#compdef kustoms\n_kustoms() {\n\tlocal -a found\n\tlocal path_='' w\n")
	b.WriteString("\tfor w in ${words[2,CURRENT-1]}; do [[ $w == -* ]] || path_=\"${path_:+$path_ }$w\"; done\n\tcase $path_ in\n")
	for pattern, l := range byPattern(app) {
		fmt.Fprintf(&b, "\t%s) found=(\n", pattern)
		for _, x := range l.words {
			fmt.Fprintf(&b, "\t\t%s\n", quoted(strings.ReplaceAll(x.text, ":", `\:`)+":"+x.usage, `'\''`))
		}
		b.WriteString("\t) ;;\n")
	}
	b.WriteString("\tesac\n\t_describe -o 'kustoms' found\n\t_files\n}\n_kustoms \"$@\"\n")
	_, err := b.WriteTo(w)
	return err
}

func completeFish(w io.Writer, app *ucli.App) error {
	script, err := app.ToFishCompletion()
	if err == nil {
		_, err = io.WriteString(w, script)
	}
	return err
}

func completePowerShell(w io.Writer, app *ucli.App) error {
	var b bytes.Buffer
	b.WriteString("# PowerShell completion of kustoms\nRegister-ArgumentCompleter -Native -CommandName kustoms -ScriptBlock {\n\tparam($wordToComplete, $commandAst, $cursorPosition)\n\t$known = @{\n")
	for _, l := range leaves(app) {
		var words []string
		for _, x := range l.words {
			words = append(words, quoted(x.text, "''"))
		}
		fmt.Fprintf(&b, "\t\t%s = @(%s)\n", quoted(l.path, "''"), strings.Join(words, ", "))
	}
	b.WriteString(`	}
	$path = ''
	foreach ($e in $commandAst.CommandElements | Select-Object -Skip 1) {
		$next = "$path $e".Trim()
		if ($known.ContainsKey($next)) { $path = $next }
	}
	$known[$path] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
		[System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterName', $_)
	}
}
`)
	_, err := b.WriteTo(w)
	return err
}
