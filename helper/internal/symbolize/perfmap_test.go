package symbolize

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"emberline/helper/internal/pythontest"
)

// fakeMap reads a file of the test's and has a clock of its own.
type fakeMap struct {
	*PerfMap
	path  string
	clock time.Time
}

func newFakeMap(t testing.TB, text string) *fakeMap {
	t.Helper()
	m := &fakeMap{path: filepath.Join(t.TempDir(), "map"), clock: time.Unix(1, 0)}
	m.PerfMap = &PerfMap{
		open: func() (*os.File, error) { return os.Open(m.path) },
		now:  func() time.Time { return m.clock },
	}
	t.Cleanup(func() { m.Close() })
	if text != "" {
		write(t, m.path, text)
	}
	return m
}

func (m *fakeMap) append(t testing.TB, text string) {
	t.Helper()
	file, err := os.OpenFile(m.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func (m *fakeMap) check(t *testing.T, want map[uint64]string) {
	t.Helper()
	for address, name := range want {
		if got, ok := m.Name(address); got != name || ok != (name != "") {
			t.Errorf("%#x: got %q %v, want %q", address, got, ok, name)
		}
	}
}

func TestPerfMapLines(t *testing.T) {
	long := strings.Repeat("x", 2*maxLine)
	m := newFakeMap(t, "100 10 py::f:/a b.py\n0x200 0x20 second\nnothing\n\n300 10\n400 10 \n500 0 empty\n600 -1 minus\n"+
		"700 100000000 large\nffffffffffffffff 10 around\n800 10 "+long+"\n900 10 behind\n7fffa0001000 8 far\na00 10 last without its end")
	m.check(t, map[uint64]string{
		0xff: "", 0x100: "py::f:/a b.py", 0x10f: "py::f:/a b.py", 0x110: "", 0x200: "second", 0x21f: "second",
		0x300: "", 0x400: "", 0x500: "", 0x600: "", 0x700: "", 0xffffffffffffffff: "", 0x800: "", 0x900: "behind",
		0x7fffa0001007: "far", 0xa00: "",
	})
}

func TestLaterLinesReplaceEarlierOnes(t *testing.T) {
	m := newFakeMap(t, "100 100 old\n200 10 beside\n180 10 new\n300 10 small\n2f0 100 around\n400 10 same\n400 10 again\n")
	m.check(t, map[uint64]string{
		0x100: "", 0x17f: "", 0x180: "new", 0x190: "", 0x200: "beside", 0x2f0: "around", 0x300: "around", 0x3ef: "around", 0x400: "again",
	})
}

func TestPerfMapGrows(t *testing.T) {
	m := newFakeMap(t, "")
	m.check(t, map[uint64]string{0x100: ""})
	write(t, m.path, "100 10 first\n200 10 half")
	m.check(t, map[uint64]string{0x100: ""})
	m.clock = m.clock.Add(rereadAfter)
	m.check(t, map[uint64]string{0x100: "first"})
	m.append(t, " of a name\n105 10 over\n")
	m.check(t, map[uint64]string{0x200: "", 0x100: "first"})
	m.clock = m.clock.Add(rereadAfter)
	m.check(t, map[uint64]string{0x200: "half of a name"})
	m.check(t, map[uint64]string{0x105: "over", 0x100: ""})
	// Written anew, in the same file and in another one.
	write(t, m.path, "300 10 anew\n")
	m.clock = m.clock.Add(rereadAfter)
	m.check(t, map[uint64]string{0x300: "anew"})
	m.check(t, map[uint64]string{0x200: ""})
	if err := os.Remove(m.path); err != nil {
		t.Fatal(err)
	}
	write(t, m.path, "400 10 another\n")
	for range 2 {
		m.clock = m.clock.Add(rereadAfter)
		m.Name(0x400)
	}
	m.check(t, map[uint64]string{0x400: "another", 0x300: ""})
}

// TestReplacing compares with what the rule says word by word.
func TestReplacing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var lines strings.Builder
		var all []jitted
		for i := range random.IntN(40) {
			one := jitted{random.Uint64N(200), 1 + random.Uint32N(30), uint32(i)}
			all = append(all, one)
			fmt.Fprintf(&lines, "%x %x f%d\n", one.start, one.size, i)
		}
		m := newFakeMap(t, "\n"+lines.String())
		for address := range uint64(240) {
			want := ""
			for i, one := range all {
				isGone := false
				for _, later := range all[i+1:] {
					isGone = isGone || later.start < one.end() && one.start < later.end()
				}
				if !isGone && address >= one.start && address < one.end() {
					want = fmt.Sprintf("f%d", i)
				}
			}
			if got, _ := m.Name(address); got != want {
				t.Fatalf("%d: got %q, want %q\n%s", address, got, want, lines.String())
			}
		}
	}
}

func TestOthersMapsAreNotBelieved(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skipf("user %d may not give files away", os.Geteuid())
	}
	const process, other = 12345, 12346
	folder := t.TempDir()
	for name, owner := range map[string]int{"its": process, "roots": 0, "others": other} {
		path := filepath.Join(folder, name)
		write(t, path, "100 10 f\n")
		if err := os.Chown(path, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("its", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	root := rootAt(t, folder)
	for name, isBelieved := range map[string]bool{"its": true, "roots": true, "others": false, "link": false, "none": false} {
		file, err := openOwned(root, "/"+name, process)
		if (err == nil) != isBelieved {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			file.Close()
		}
	}
}

func TestIdentity(t *testing.T) {
	for status, want := range map[string]string{
		"Name:\tx\nUid:\t1\t2\t3\t4\nNSpid:\t70\t7\t3\n": "3 4",
		"Uid:\t0\t0\t0\t0\nNSpid:\t70\n":                 "70 0",
		"Uid:\t0\t0\t0\t0\n":                             "",
		"NSpid:\t70\n":                                   "",
		"Uid:\t0\t0\t0\tx\nNSpid:\t70\n":                 "",
		"Uid:\t0\t0\t0\t-1\nNSpid:\t70\n":                "",
		"Uid:\t0\t0\t0\t1\nNSpid:\t-1\n":                 "",
	} {
		got := ""
		if pid, uid, err := identity([]byte(status)); err == nil {
			got = fmt.Sprint(pid, " ", uid)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", status, got, want)
		}
	}
}

// TestPythonsOwnMap has an interpreter write its map: what it wrote is what is found.
func TestPythonsOwnMap(t *testing.T) {
	for _, python := range pythontest.Interpreters(t) {
		if python.Minor() < 12 {
			continue
		}
		command := python.Command("-X", "perf", "-c", "def shop():\n return open(0).read()\nprint(1, flush=True)\nshop()")
		in, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { in.Close(); command.Wait() }()
		if _, err := out.Read(make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/tmp/perf-%d.map", command.Process.Pid)
		defer os.Remove(path)
		text := ""
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(text, "py::shop:"); time.Sleep(5 * time.Millisecond) {
			data, err := os.ReadFile(path)
			if err != nil || time.Now().After(deadline) {
				t.Skipf("%s writes no map: %v", python.Name(), err)
			}
			text = string(data)
		}
		m := OpenPerfMap(command.Process.Pid)
		defer m.Close()
		for line := range strings.Lines(text) {
			var start, size uint64
			if n, _ := fmt.Sscanf(line, "%x %x py::shop:", &start, &size); n != 2 || !strings.Contains(line, "py::shop:") {
				continue
			}
			if got, ok := m.Name(start + size - 1); !ok || !strings.HasPrefix(got, "py::shop:") {
				t.Errorf("%s: got %q", python.Name(), got)
			}
			return
		}
	}
	t.Skip("this machine has no Python 3.12 that writes a map")
}
