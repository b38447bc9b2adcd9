package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what a package may import beside the standard library.
type rule struct {
	// packages are folders below helper/, or whole import paths of others.
	packages []string
	// standardLibrary that it may not use, by the reason below.
	not []string
	// apart from the helper, of generators and tests, so it may do what that must not.
	apart bool
	why   string
}

const unixCalls = "golang.org/x/sys/unix"

// arrows: main → cli → everything; server knows the machine only through its
// Backend; names and tree know no BPF.
var arrows = map[string]rule{
	".":            {packages: []string{"internal/cli"}, why: "it only wires"},
	"protocol":     {not: []string{"os", "net"}, why: "it is the definition of the wire, and its twin is generated from it"},
	"protocol/gen": {packages: []string{"protocol"}, why: "it prints the definition"},

	"internal/aggregate":          {packages: []string{"protocol"}, not: []string{"os", "io", "time", "net"}, why: "the tree is pure: no clock, no I/O"},
	"internal/cpython":            {packages: []string{"internal/proc", "golang.org/x/arch/x86/x86asm"}, why: "what an interpreter looks like does not depend on how it is sampled"},
	"internal/cpython/genoffsets": {apart: true, why: "it is a generator"},
	"internal/doctor":             {packages: []string{"protocol", "internal/proc", "internal/sampler", unixCalls}, why: "it asks the sampler what the kernel takes"},
	"internal/export":             {packages: []string{"protocol", "internal/aggregate", "github.com/google/pprof/profile"}, not: []string{"os"}, why: "it writes to whatever it is given"},
	"internal/inventory":          {packages: []string{"protocol", "internal/cpython", "internal/proc", unixCalls}, why: "listing samples nothing"},
	"internal/native": {
		packages: []string{"internal/proc", "internal/symbolize", "internal/trace", "internal/unwind"},
		why:      "it knows files and address spaces; who searches the tables it is told",
	},
	"internal/proc": {packages: []string{unixCalls}, why: "it is the bottom"},
	"internal/profiler": {
		packages: []string{
			"protocol", "internal/aggregate", "internal/cpython", "internal/proc",
			"internal/native", "internal/source", "internal/symbolize", "internal/trace", unixCalls,
		},
		why: "it joins them, and knows neither command line nor connection, nor how samples are taken",
	},
	"internal/procmem": {
		packages: []string{"protocol", "internal/cpython", "internal/proc", "internal/trace", unixCalls},
		why:      "it knows no BPF, and what Python looks like it is told",
	},
	"internal/pythontest": {apart: true, why: "it is for tests"},
	"internal/rpc":        {packages: []string{"protocol"}, not: []string{"os", "net"}, why: "it speaks over any two streams"},
	"internal/sampler": {
		packages: []string{
			"protocol", "internal/cpython", "internal/trace", "internal/unwind", unixCalls,
			"github.com/cilium/ebpf", "github.com/cilium/ebpf/btf", "github.com/cilium/ebpf/link",
			"github.com/cilium/ebpf/ringbuf", "github.com/cilium/ebpf/rlimit",
		},
		why: "nothing else knows BPF",
	},
	"internal/sampler/gencounters": {apart: true, why: "it is a generator"},
	"internal/server":              {packages: []string{"protocol", "internal/rpc", "internal/source"}, not: []string{"os", "net"}, why: "it is tested with scripted sessions"},
	"internal/source":              {packages: []string{"protocol", "internal/proc", unixCalls}, why: "reading a file needs no sampler"},
	"internal/symbolize": {
		packages: []string{"internal/proc", unixCalls, "github.com/ianlancetaylor/demangle", "github.com/ulikunitz/xz/lzma"},
		why:      "names come from files",
	},
	"internal/trace":  {not: []string{"os", "io"}, why: "its records are pure, whoever makes them"},
	"internal/unwind": {not: []string{"os", "time", "net"}, why: "bytes in, rows out"},
	"internal/cli": {
		packages: []string{
			"protocol", "internal/doctor", "internal/export", "internal/inventory", "internal/procmem", "internal/profiler",
			"internal/rpc", "internal/sampler", "internal/server", "internal/source", unixCalls,
		},
		why: "it wires commands to the packages that work",
	},
}

// nowhere: the helper opens no socket, runs no program and needs no C.
var nowhere = map[string]string{
	"net":      "the helper opens no socket",
	"net/http": "the helper opens no socket",
	"os/exec":  "a privileged helper runs no other program",
	"plugin":   "the helper is one static file",
	"C":        "the helper is one static file",
}

// objection is why a package may not import something; empty when it may.
func objection(folder, imported string) string {
	rule, known := arrows[folder]
	if !known {
		return "the package is not in the table of arrows"
	}
	if why, banned := nowhere[imported]; banned && !rule.apart {
		return why
	}
	own, isOwn := strings.CutPrefix(imported, "emberline/helper/")
	first, _, _ := strings.Cut(imported, "/")
	isStandard := !isOwn && !strings.Contains(first, ".")
	switch {
	case isStandard && !slices.Contains(rule.not, imported):
		return ""
	case !isStandard && (slices.Contains(rule.packages, imported) || isOwn && slices.Contains(rule.packages, own)):
		return ""
	}
	return rule.why
}

func TestObjections(t *testing.T) {
	for _, test := range []struct {
		folder, imported string
		allowed          bool
	}{
		{".", "emberline/helper/internal/cli", true},
		{".", "emberline/helper/internal/sampler", false},
		{"internal/aggregate", "emberline/helper/protocol", true},
		{"internal/aggregate", "os", false},
		{"internal/aggregate", "sort", true},
		{"internal/server", "emberline/helper/internal/profiler", false},
		{"internal/profiler", "emberline/helper/internal/sampler", false},
		{"internal/sampler", "github.com/cilium/ebpf", true},
		{"internal/cli", "net", false},
		{"internal/cli", "os/exec", false},
		{"internal/cpython/genoffsets", "os/exec", true},
		{"internal/new", "fmt", false},
	} {
		if got := objection(test.folder, test.imported); (got == "") != test.allowed {
			t.Errorf("%s imports %s: %q", test.folder, test.imported, got)
		}
	}
}

func TestImportsFollowTheArrows(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		seen[folder] = true
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := objection(folder, imported); why != "" {
				t.Errorf("%s imports %s, but may not: %s", path, imported, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range arrows {
		if !seen[folder] {
			t.Errorf("%s is in the table and does not exist", folder)
		}
	}
}
