package cli

import (
	"fmt"
	"text/tabwriter"

	"emberline/helper/internal/doctor"
)

// cannotSample is the status of a doctor that found something missing, as the
// contract has it for "not permitted or kernel not able".
const cannotSample exitStatus = 3

func (s exitStatus) status() int { return int(s) }

func (a *app) doctor(args []string) error {
	asJSON, err := a.parseJSON("doctor", args)
	if err != nil {
		return err
	}
	report := doctor.Examine()
	if asJSON {
		err = a.printJSON(report)
	} else {
		table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
		for _, check := range report.Checks {
			mark := "ok"
			if !check.OK {
				mark = "MISSING"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", check.Name, mark, check.Found)
			if !check.OK {
				fmt.Fprintf(table, "\t\t%s\n", check.NextStep)
			}
		}
		for _, sampler := range report.Samplers {
			mark := "ok"
			if !sampler.Usable {
				mark = "MISSING"
			}
			fmt.Fprintf(table, "sampler %s\t%s\t%s\n", sampler.Name, mark, sampler.Found)
		}
		err = table.Flush()
	}
	if err == nil && !report.CanSample {
		return cannotSample
	}
	return err
}
