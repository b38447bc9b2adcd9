// Package pythontest runs the CPythons of this machine for tests: those that are
// installed, pyenv's, and those that scripts/lib/interpreters.mjs has fetched.
package pythontest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Interpreter is one CPython.
type Interpreter struct {
	// Version is what it says it is: "3.12.1".
	Version string
	// Path of the program.
	Path string
	// command starts it: for one of a newer suite its own loader comes first.
	command []string
}

// Minor is 12 of 3.12, and 0 of 2.7.
func (i *Interpreter) Minor() int {
	major, rest, _ := strings.Cut(i.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	number, err := strconv.Atoi(minor)
	if err != nil || major != "3" {
		return 0
	}
	return number
}

// Command runs it with arguments; nothing is written beside its sources.
func (i *Interpreter) Command(arguments ...string) *exec.Cmd {
	command := exec.Command(i.command[0], append(slices.Clone(i.command[1:]), arguments...)...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8")
	return command
}

// Name is for a subtest.
func (i *Interpreter) Name() string {
	origin := "machine"
	switch {
	case strings.Contains(i.Path, "/.pyenv/"):
		origin = "pyenv"
	case len(i.command) > 1:
		origin = "suite"
	}
	return i.Version + " " + origin
}

var known = sync.OnceValue(find)

// Interpreters are all there are, oldest first.
func Interpreters(t *testing.T) []*Interpreter {
	t.Helper()
	if len(known()) == 0 {
		t.Fatal("there is no Python on this machine; bootstrap installs one")
	}
	return known()
}

// Built are those that scripts/lib/pythonBuilds.mjs has made, by version and what is
// special about them. Only the long lanes ask for them, so there may be none.
func Built() map[string]*Interpreter {
	found := map[string]*Interpreter{}
	for file, special := range map[string]string{
		"3.13t/bin/python3.13t":        "free-threaded",
		"3.13-musl/bin/python3.13":     "musl",
		"3.14t/bin/python3.14t":        "free-threaded",
		"3.15t/bin/python3.15t":        "free-threaded",
		"3.14-tailcall/bin/python3.14": "tail-calls",
	} {
		path := filepath.Join(repository(), ".cache/interpreters", file)
		if one := ask(path, path); one != nil {
			found[one.Version+"-"+special] = one
		}
	}
	return found
}

// Some are the oldest, the newest and one between them, for what depends little on the version.
func Some(t *testing.T) []*Interpreter {
	t.Helper()
	all := Interpreters(t)
	return slices.Compact([]*Interpreter{all[0], all[len(all)/2], all[len(all)-1]})
}

// Each runs a subtest for each interpreter.
func Each(t *testing.T, test func(t *testing.T, python *Interpreter)) {
	t.Helper()
	for _, python := range Interpreters(t) {
		t.Run(python.Name(), func(t *testing.T) { test(t, python) })
	}
}

var pythonFile = regexp.MustCompile(`^python\d(\.\d+)?t?$`)

func find() []*Interpreter {
	var found []*Interpreter
	try := func(path string, command ...string) {
		real, err := filepath.EvalSymlinks(path)
		if err != nil || slices.ContainsFunc(found, func(one *Interpreter) bool { return one.Path == real }) {
			return
		}
		if one := ask(real, command...); one != nil {
			found = append(found, one)
		}
	}
	patterns := []string{"/usr/bin/python*", "/usr/local/bin/python*"}
	if home, err := os.UserHomeDir(); err == nil {
		patterns = append(patterns, filepath.Join(home, ".pyenv/versions/*/bin/python"))
	}
	for _, path := range matches(patterns...) {
		if base := filepath.Base(path); base == "python" || pythonFile.MatchString(base) {
			try(path, path)
		}
	}
	library := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
	loader := map[string]string{"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}[runtime.GOARCH]
	for _, path := range matches(filepath.Join(repository(), ".cache/interpreters/*/usr/bin/python*")) {
		libraries := filepath.Join(filepath.Dir(path), "../lib", library)
		if pythonFile.MatchString(filepath.Base(path)) {
			try(path, filepath.Join(libraries, loader), "--library-path", libraries, path)
		}
	}
	slices.SortFunc(found, func(a, b *Interpreter) int { return compare(a.Version, b.Version) })
	return found
}

// ask is nil for what is no CPython, or does not run here.
func ask(path string, command ...string) *Interpreter {
	one := &Interpreter{Path: path, command: command}
	out, err := one.Command("-c", "import platform; print(platform.python_implementation() + ' ' + platform.python_version())").Output()
	implementation, version, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || implementation != "CPython" {
		return nil
	}
	one.Version = version
	return one
}

// repository is the folder above helper/.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

func matches(patterns ...string) []string {
	var all []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err == nil {
			all = append(all, found...)
		}
	}
	return all
}

func compare(a, b string) int {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		x, _ := strconv.Atoi(left[i])
		y, _ := strconv.Atoi(right[i])
		if x != y {
			return x - y
		}
	}
	return len(left) - len(right)
}

// Process is a running program.
type Process struct {
	PID int
	// Script is the path of its source.
	Script string
	// Ready is the first line it printed.
	Ready string

	command *exec.Cmd
	lines   *bufio.Scanner
}

// Start runs a program's text, which must print a line when it is ready; it ends
// with the test.
func (i *Interpreter) Start(t *testing.T, program string, arguments ...string) *Process {
	t.Helper()
	script := filepath.Join(t.TempDir(), "program.py")
	if err := os.WriteFile(script, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	p := Run(t, i.Command(append([]string{script}, arguments...)...))
	p.Script = script
	return p
}

// Run starts a command and waits for its first line.
func Run(t *testing.T, command *exec.Cmd) *Process {
	t.Helper()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Process{PID: command.Process.Pid, command: command, lines: bufio.NewScanner(out)}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	p.Ready = p.Line(t)
	return p
}

// Line is the next one it prints.
func (p *Process) Line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the program ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}
