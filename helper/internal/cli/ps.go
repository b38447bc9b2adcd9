package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"emberline/helper/internal/inventory"
	"emberline/helper/protocol"
)

func (a *app) ps(args []string) error {
	asJSON, err := a.parseJSON("ps", args)
	if err != nil {
		return err
	}
	processes, err := inventory.NewLister(whyNotSampled).List(context.Background())
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(processes)
	}
	return printProcesses(a.Out, processes)
}

func printProcesses(out io.Writer, processes []protocol.ProcessInfo) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PID\tUSER\tCPU%\tTHREADS\tPYTHON\tBUILD\tCONTAINER\tCOMMAND")
	for _, p := range processes {
		container := "-"
		if p.Container != nil {
			container = *p.Container
		}
		command := printable(p.Command)
		if !p.Profilable {
			command = fmt.Sprintf("%s (not profilable: %s)", command, p.WhyNot)
		}
		fmt.Fprintf(table, "%d\t%s\t%.1f\t%d\t%s\t%s\t%s\t%s\n",
			p.PID, p.User, p.CPUPercent, p.Threads, orDash(p.Version), build(&p), container, command)
	}
	return table.Flush()
}

func build(p *protocol.ProcessInfo) string {
	text := strings.TrimSpace(p.Build + " " + p.Libc)
	if p.FreeThreaded {
		text += " free-threaded"
	}
	return orDash(text)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// printable keeps another user's command line from steering this terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
