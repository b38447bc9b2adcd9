package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/export"
	"emberline/helper/protocol"
)

// recordOptions are the flags of record.
type recordOptions struct {
	pids        pidList
	all         bool
	duration    time.Duration
	frequencyHz int
	mode        string
	sampler     string
	noNative    bool
	noKernel    bool
	format      string
	output      string
	stats       string
}

func (a *app) parseRecord(args []string) (*recordOptions, error) {
	o := &recordOptions{}
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	flags.Var(&o.pids, "pid", "sample processes `PID[,PID...]` and their future children")
	flags.BoolVar(&o.all, "all", false, "sample every Python process, also those that start later")
	flags.DurationVar(&o.duration, "duration", 10*time.Second, "sample for this `time`")
	flags.IntVar(&o.frequencyHz, "frequency", 99, "samples a second on each CPU, 1 to 10000 `Hz`")
	flags.StringVar(&o.mode, "mode", "cpu", "sample threads that run: `cpu` is the only mode of this version")
	flags.StringVar(&o.sampler, "sampler", samplerAuto, "how to sample: `auto|bpf|procmem`; auto is bpf where the kernel allows it, else procmem")
	flags.BoolVar(&o.noNative, "no-native", false, "leave out native frames")
	flags.BoolVar(&o.noKernel, "no-kernel", false, "leave out kernel frames")
	flags.StringVar(&o.format, "format", "collapsed", "write it as `"+strings.Join(export.Formats(), "|")+"`")
	flags.StringVar(&o.output, "output", "-", "write the profile to this `file`, - is standard output")
	flags.StringVar(&o.stats, "stats", "", "write the account of the run to this `file`, as JSON")
	if err := a.parse(flags, args); err != nil {
		return nil, err
	}
	return o, o.check()
}

func (o *recordOptions) check() error {
	_, knownFormat := export.For(o.format)
	switch {
	case o.all == (len(o.pids) > 0):
		return protocol.Errorf(protocol.ErrUsage, "record takes either --pid or --all.")
	case o.duration <= 0:
		return protocol.Errorf(protocol.ErrUsage, "--duration must be longer than 0, not %v.", o.duration)
	case o.frequencyHz < 1 || o.frequencyHz > 10_000:
		return protocol.Errorf(protocol.ErrUsage, "--frequency must be 1 to 10,000 Hz, not %d.", o.frequencyHz)
	case o.mode == "wall" || o.mode == "gil":
		return protocol.Errorf(protocol.ErrUsage, "--mode %s is not available in this version, only cpu is.", o.mode)
	case o.mode != "cpu":
		return protocol.Errorf(protocol.ErrUsage, "There is no mode %q.", o.mode)
	case !slices.Contains([]string{samplerAuto, samplerBPF, samplerProcmem}, o.sampler):
		return protocol.Errorf(protocol.ErrUsage, "There is no sampler %q.", o.sampler)
	case !knownFormat:
		return protocol.Errorf(protocol.ErrUsage, "There is no format %q.", o.format)
	case o.output == "":
		return protocol.Errorf(protocol.ErrUsage, "--output needs a file name, or - for standard output.")
	}
	return nil
}

// pidList is the value of --pid, which may be given more than once.
type pidList []int

func (l *pidList) String() string { return fmt.Sprint([]int(*l)) }

func (l *pidList) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		pid, err := strconv.ParseInt(part, 10, 32)
		if err != nil || pid < 1 {
			return fmt.Errorf("%q is no process id", part)
		}
		if !slices.Contains(*l, int(pid)) {
			*l = append(*l, int(pid))
		}
	}
	return nil
}

func (a *app) record(args []string) error {
	options, err := a.parseRecord(args)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	session, err := startProfiler(protocol.StartParams{
		PIDs: options.pids, FrequencyHz: options.frequencyHz, Native: !options.noNative, Kernel: !options.noKernel,
	}, options.sampler, options.stats != "")
	if err != nil {
		return err
	}
	session.tellLimits(a.Err)
	// Opened now, so that nobody waits for a profile that cannot be written.
	outputs, err := a.openOutputs(options)
	if err != nil {
		_, _ = session.Stop()
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(options.duration):
	case <-session.Done():
	}
	stats, failure := session.Stop()
	// A second interrupt ends the helper even when the output is stuck.
	cancel()
	if options.all && len(stats.Processes) == 0 && failure == nil {
		failure = protocol.Errorf(protocol.ErrNoPython, "No Python that can be profiled ran in that time.")
	}
	if err := outputs.write(options.format, session, &stats); err != nil {
		return err
	}
	if failure == nil && isTerminal(a.Err) && options.output != "-" {
		fmt.Fprintf(a.Err, "%d samples of %d processes in %.1f s, %d lost.\n",
			stats.Samples, len(stats.Processes), time.Duration(stats.DurationNs).Seconds(), stats.Lost)
	}
	return failure
}

// outputs are the files of one run; stats is nil when it was not asked for.
type outputs struct{ profile, stats io.Writer }

func (a *app) openOutputs(options *recordOptions) (*outputs, error) {
	opened := &outputs{profile: a.Out}
	for _, target := range []struct {
		path string
		to   *io.Writer
	}{{options.output, &opened.profile}, {options.stats, &opened.stats}} {
		if target.path == "" || target.path == "-" && target.to == &opened.profile {
			continue
		}
		file, err := os.Create(target.path)
		if err != nil {
			return nil, protocol.Errorf(protocol.ErrOutput, "The output cannot be written (%w).", err)
		}
		*target.to = file
	}
	return opened, nil
}

func (o *outputs) write(format string, session *session, stats *protocol.Stats) error {
	writer, _ := export.For(format)
	err := writer(o.profile, &export.Profile{
		Walk: session.Walk, FrequencyHz: stats.FrequencyHz,
		StartedAt: session.Started(), Duration: time.Duration(stats.DurationNs),
	})
	if err == nil && o.stats != nil {
		encoder := json.NewEncoder(o.stats)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(stats)
	}
	for _, file := range []io.Writer{o.profile, o.stats} {
		// Closing tells of a full disk or quota on network file systems.
		if closer, ok := file.(*os.File); ok && closer != os.Stdout && err == nil {
			err = closer.Close()
		}
	}
	if err != nil {
		return protocol.Errorf(protocol.ErrOutput, "The output cannot be written (%w).", err)
	}
	return nil
}

func isTerminal(stream io.Writer) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}
