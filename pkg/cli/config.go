package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
)

func configCommand() *ucli.Command {
	return &ucli.Command{
		Name: "config", Usage: "about the configuration file",
		Subcommands: []*ucli.Command{{
			Name: "schema", Usage: "print the JSON Schema of " + config.FileName + ", for editors",
			Action: func(c *ucli.Context) error {
				s, err := config.Schema()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.App.Writer, "%s\n", s)
				return err
			},
		}},
	}
}

func initCommand() *ucli.Command {
	return &ucli.Command{
		Name: "init", Usage: "write a commented " + config.FileName + " to the current directory",
		Action: func(c *ucli.Context) error {
			f, err := os.OpenFile(config.FileName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return usage("delete it first to start anew", "%s exists already", config.FileName)
			}
			if err != nil {
				return err
			}
			_, err = f.Write(config.Starter)
			return errors.Join(err, f.Close())
		},
	}
}
