package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"emberline/helper/protocol"
)

type outcome struct {
	status   int
	out, err string
}

func run(args ...string) outcome {
	var out, err bytes.Buffer
	status := Main(args, "1.2.3", Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return outcome{status, out.String(), err.String()}
}

func TestWrongUsage(t *testing.T) {
	for line, cause := range map[string]string{
		"bogus":                          `There is no command "bogus".`,
		"record":                         "record takes either --pid or --all.",
		"record --all --pid 1":           "record takes either --pid or --all.",
		"record --pid":                   "record: flag needs an argument: -pid.",
		"record --pid 0":                 `"0" is no process id`,
		"record --pid -1":                `"-1" is no process id`,
		"record --pid 1,x":               `"x" is no process id`,
		"record --pid 99999999999":       `"99999999999" is no process id`,
		"record --all --frequency 0":     "--frequency must be 1 to 10,000 Hz, not 0.",
		"record --all --frequency 10001": "--frequency must be 1 to 10,000 Hz, not 10001.",
		"record --all --frequency much":  "invalid value",
		"record --all --duration 0s":     "--duration must be longer than 0, not 0s.",
		"record --all --duration 5":      "invalid value",
		"record --all --mode wall":       "--mode wall is not available in this version, only cpu is.",
		"record --all --mode gil":        "--mode gil is not available in this version, only cpu is.",
		"record --all --mode x":          `There is no mode "x".`,
		"record --all --sampler x":       `There is no sampler "x".`,
		"record --all --format x":        `There is no format "x".`,
		"record --all --output=":         "--output needs a file name, or - for standard output.",
		"record --all --unknown":         "flag provided but not defined: -unknown.",
		"record --all more":              `record takes no argument "more".`,
		"ps more":                        `ps takes no argument "more".`,
		"doctor --jso":                   "flag provided but not defined: -jso.",
		"serve --port 1":                 "flag provided but not defined: -port.",
		"version 1":                      `version takes no argument "1".`,
	} {
		got := run(strings.Split(line, " ")...)
		if got.status != 2 || got.out != "" {
			t.Errorf("%s: status %d, output %q", line, got.status, got.out)
		}
		if !strings.HasPrefix(got.err, "emberline-helper: usage: ") || !strings.Contains(got.err, cause) {
			t.Errorf("%s: said %q, want %q", line, got.err, cause)
		}
		if strings.Count(got.err, "\n") != 1 || !strings.HasSuffix(got.err, "list of commands.\n") {
			t.Errorf("%s: not one line with a next step: %q", line, got.err)
		}
	}
}

func TestHelp(t *testing.T) {
	if got := run(); got.status != 2 || got.out != "" || !strings.Contains(got.err, "emberline-helper record") {
		t.Errorf("no command: %+v", got)
	}
	for _, flag := range []string{"help", "-h", "--help"} {
		got := run(flag)
		for _, command := range []string{"record", "ps", "doctor", "serve", "version"} {
			if got.status != 0 || !strings.Contains(got.out, "emberline-helper "+command) {
				t.Errorf("%s: %+v lacks %s", flag, got, command)
			}
		}
	}
	got := run("record", "--help")
	for _, flag := range []string{
		"--all", "--duration time", "--format collapsed|gecko|pprof|speedscope", "--frequency Hz", "--mode", "--no-kernel",
		"--no-native", "--output file", "--pid PID", "--sampler", "--stats file", "(default 10s)", "(default 99)", "(default collapsed)",
	} {
		if got.status != 0 || got.err != "" || !strings.Contains(got.out, flag) {
			t.Errorf("record --help lacks %s: %+v", flag, got)
		}
	}
}

func TestRecordFlags(t *testing.T) {
	app := &app{}
	got, err := app.parseRecord(strings.Fields("--pid 4,5 --pid 6,4 --duration 1m30s --frequency 999 --no-native --no-kernel --format pprof --output o --stats s --sampler bpf"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.pids, []int{4, 5, 6}) || got.duration != 90*time.Second || got.frequencyHz != 999 ||
		!got.noNative || !got.noKernel || got.format != "pprof" || got.output != "o" || got.stats != "s" {
		t.Errorf("got %+v", got)
	}
	got, err = app.parseRecord([]string{"--all"})
	if err != nil || got.duration != 10*time.Second || got.frequencyHz != 99 || got.mode != "cpu" || got.sampler != "auto" ||
		got.noNative || got.noKernel || got.format != "collapsed" || got.output != "-" || got.stats != "" {
		t.Errorf("defaults: %+v, %v", got, err)
	}
}

func TestVersion(t *testing.T) {
	got := run("version", "--json")
	var info versionInfo
	if err := json.Unmarshal([]byte(got.out), &info); err != nil || got.status != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if info.Version != "1.2.3" || info.ProtocolVersion != protocol.Version || len(info.BuildHash) != 64 {
		t.Errorf("got %+v", info)
	}
	if text := run("version").out; !strings.HasPrefix(text, "emberline-helper 1.2.3 (protocol ") || !strings.Contains(text, info.BuildHash[:12]) {
		t.Errorf("got %q", text)
	}
}

func TestProcessTable(t *testing.T) {
	container := "0123456789ab"
	var out bytes.Buffer
	err := printProcesses(&out, []protocol.ProcessInfo{
		{PID: 7, User: "www", CPUPercent: 99.96, Version: "3.12.1", Build: "shared", Libc: "glibc", Command: "python a.py", Container: &container, Threads: 3, Profilable: true},
		{PID: 123456, User: "root", Version: "3.13.0", FreeThreaded: true, Build: "static", Libc: "musl", Command: "python\x1b[2J\nb.py", Threads: 1, WhyNot: "Not yet"},
		{PID: 9, User: "7", Command: "python", WhyNot: "Its memory cannot be read without root"},
	})
	want := `PID     USER  CPU%   THREADS  PYTHON  BUILD                      CONTAINER     COMMAND
7       www   100.0  3        3.12.1  shared glibc               0123456789ab  python a.py
123456  root  0.0    1        3.13.0  static musl free-threaded  -             python [2J b.py (not profilable: Not yet)
9       7     0.0    0        -       -                          -             python (not profilable: Its memory cannot be read without root)
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestServeEndsWithItsInput(t *testing.T) {
	if got := run("serve"); got.status != 1 || got.err != "" || got.out != "" {
		t.Errorf("a client that never speaks: %+v", got)
	}
	frame := func(body string) string { return "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body }
	initialize := frame(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"initializationOptions":{"protocolVersion":` + strconv.Itoa(protocol.Version) + `}}}`)
	shutdown := frame(`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`)
	for name, test := range map[string]struct {
		in     string
		status int
		err    string
	}{
		"shutdown and exit":     {initialize + shutdown + frame(`{"jsonrpc":"2.0","method":"exit"}`), 0, ""},
		"shutdown and hang up":  {initialize + shutdown, 0, ""},
		"exit without shutdown": {initialize + frame(`{"jsonrpc":"2.0","method":"exit"}`), 1, ""},
		"not the protocol":      {"GET / HTTP/1.1\r\n\r\n", 2, "emberline-helper: usage: serve is not spoken to in the language server protocol"},
	} {
		var out, err bytes.Buffer
		status := Main([]string{"serve"}, "1.2.3", Streams{In: strings.NewReader(test.in), Out: &out, Err: &err})
		if status != test.status || !strings.HasPrefix(err.String(), test.err) || test.err == "" && err.Len() > 0 {
			t.Errorf("%s: status %d, %q", name, status, err.String())
		}
	}
}
