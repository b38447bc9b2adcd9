// Package cli is the helper's command line: it parses flags, calls the packages
// that work and turns what they answer into text and an exit status.
package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"emberline/helper/protocol"
)

// Streams are the process's own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// command is one word after the program's name.
type command struct {
	name, summary string
	run           func(app *app, args []string) error
}

// app is what every command gets.
type app struct {
	Streams
	version string
}

func commands() []command {
	return []command{
		{"record", "sample Python processes and write a profile", (*app).record},
		{"ps", "list the Python processes of this machine", (*app).ps},
		{"doctor", "tell for each thing that sampling needs whether it is there", (*app).doctor},
		{"serve", "speak JSON-RPC on stdin and stdout (for editors)", (*app).serve},
		{"version", "tell which helper this is", (*app).printVersion},
	}
}

// exitStatus is an end that is no failure to report, with a status of its own.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Main runs the command line and returns the exit status that the contract fixes.
func Main(args []string, version string, streams Streams) int {
	app := &app{Streams: streams, version: version}
	err := app.dispatch(args)
	var status exitStatus
	var known *protocol.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case !errors.As(err, &known):
		known = protocol.Errorf(protocol.ErrInternal, "The helper failed (%w).", err)
	}
	fmt.Fprintln(streams.Err, "emberline-helper:", oneLine(known.Error()))
	return known.ExitStatus()
}

func (a *app) dispatch(args []string) error {
	if len(args) == 0 {
		fmt.Fprint(a.Err, overview())
		return exitStatus(2)
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(a.Out, overview())
		return nil
	}
	for _, command := range commands() {
		if command.name == args[0] {
			return command.run(a, args[1:])
		}
	}
	return protocol.Errorf(protocol.ErrUsage, "There is no command %q.", args[0])
}

func overview() string {
	var text strings.Builder
	text.WriteString("Samples running Python programs with BPF.\n\n")
	for _, command := range commands() {
		fmt.Fprintf(&text, "  emberline-helper %-8s %s\n", command.name, command.summary)
	}
	text.WriteString("\nemberline-helper COMMAND --help lists a command's flags.\n")
	return text.String()
}

// parse reads flags; nothing may follow them. --help prints them and ends well.
func (a *app) parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return a.printHelp(flags)
	case err != nil:
		return protocol.Errorf(protocol.ErrUsage, "%s: %w.", flags.Name(), err)
	case flags.NArg() > 0:
		return protocol.Errorf(protocol.ErrUsage, "%s takes no argument %q.", flags.Name(), flags.Arg(0))
	}
	return nil
}

// printHelp lists a command's flags as the contract spells them, with two dashes.
func (a *app) printHelp(flags *flag.FlagSet) error {
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "emberline-helper %s\n\n", flags.Name())
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(table, "  %s\t%s\n", strings.TrimSpace("--"+f.Name+" "+value), usage)
	})
	if err := table.Flush(); err != nil {
		return err
	}
	return exitStatus(0)
}

// oneLine keeps the promise of one line, whatever a cause carries.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// parseJSON is for commands whose one flag is --json.
func (a *app) parseJSON(name string, args []string) (asJSON bool, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return asJSON, a.parse(flags, args)
}

func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
