package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// The exit codes. Incomplete wins over the gate in the code, and the summary
// names both.
const (
	exitClean      = 0 // everything was looked at, and nothing fails the gate
	exitGate       = 1 // a finding at or over --fail-on
	exitUsage      = 2 // a wrong flag, argument or configuration; nothing was scanned
	exitIncomplete = 3 // something could not be looked at; the reports are written
)

// codeError ends a command with a code. Its message, if any, has no "error:".
type codeError struct {
	code int
	msg  string
}

func (e *codeError) Error() string { return e.msg }

// userError is a fault of how kustoms was called, with what to do instead.
type userError struct{ msg, hint string }

func (e *userError) Error() string { return e.msg }

func usage(hint, format string, args ...any) error {
	return &userError{fmt.Sprintf(format, args...), hint}
}

// verdict is the error that a report ends a command with, nil if it is clean.
func verdict(r *result.Report) error {
	failing, gaps := r.Failing(), len(r.Incomplete())
	gate := fmt.Sprintf("gate failed: findings %s: %d", r.Gate, failing)
	switch {
	case gaps > 0 && failing > 0:
		return &codeError{exitIncomplete, fmt.Sprintf("incomplete: stages that failed: %d; %s", gaps, gate)}
	case gaps > 0:
		return &codeError{exitIncomplete, fmt.Sprintf("incomplete: stages that failed: %d", gaps)}
	case failing > 0:
		return &codeError{exitGate, gate}
	}
	return nil
}

// exit prints err and returns the code it stands for.
func exit(err error, stderr io.Writer) int {
	var code *codeError
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &code):
		if code.msg != "" {
			fmt.Fprintf(stderr, "kustoms: %s\n", code.msg)
		}
		return code.code
	}
	complain(err, stderr)
	return exitUsage
}

// complain prints each of the errors that err joins, with its hint.
func complain(err error, stderr io.Writer) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			complain(e, stderr)
		}
		return
	}
	fmt.Fprintf(stderr, "kustoms: error: %s\n", report.Printable(err.Error()))
	hint := ""
	var ue *userError
	var ce *config.Error
	switch {
	case errors.As(err, &ue):
		hint = ue.hint
	case errors.As(err, &ce):
		hint = ce.Hint
	}
	if hint != "" {
		fmt.Fprintf(stderr, "kustoms: hint: %s\n", report.Printable(hint))
	}
}
