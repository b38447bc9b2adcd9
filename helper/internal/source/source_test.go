package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

const owner = 12345 // a user id that no file of the system has

var alice = Rights{UID: owner, GID: owner, Groups: []int{owner + 1}}

func here(rights Rights) Origin {
	return Origin{PID: os.Getpid(), Rights: rights, StartedAt: time.Now().Add(time.Hour)}
}

// needRoot: only root can give files away and switch users.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("user %d may not switch users", os.Geteuid())
	}
}

// folder is one that every user can reach.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("/tmp", "source")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, text string, mode os.FileMode, uid, gid int) string {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode), os.Chown(path, uid, gid)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadsTextAndHash(t *testing.T) {
	at := folder(t)
	for name, test := range map[string]struct{ data, text string }{
		"plain.py":  {"x = 1\n", "x = 1\n"},
		"empty.py":  {"", ""},
		"latin1.py": {"# caf\xe9\nx = 1\n", "# caf\uFFFD\nx = 1\n"},
		"utf8 é.py": {"# é\r\n", "# é\r\n"},
	} {
		path := write(t, filepath.Join(at, name), test.data, 0o644, os.Geteuid(), os.Getegid())
		got, err := Read(here(Nobody), path)
		sum := sha256.Sum256([]byte(test.data))
		if err != nil || got.Text != test.text || got.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if hash := Hash(here(Nobody), path); hash != got.SHA256 {
			t.Errorf("%s: Hash says %q and Read %q", name, hash, got.SHA256)
		}
	}
}

func TestRefuses(t *testing.T) {
	at := folder(t)
	join := func(name string) string { return filepath.Join(at, name) }
	plain := write(t, join("plain.py"), "x", 0o644, os.Geteuid(), os.Getegid())
	write(t, join("binary.pyc"), "a\x00b", 0o644, os.Geteuid(), os.Getegid())
	write(t, join("huge.py"), strings.Repeat("#", MaxBytes+1), 0o644, os.Geteuid(), os.Getegid())
	if err := errors.Join(
		unix.Mkfifo(join("fifo.py"), 0o666),
		os.Symlink("/proc/self/environ", join("link-to-proc.py")),
		os.Symlink("loop.py", join("loop.py")),
	); err != nil {
		t.Fatal(err)
	}
	environ, err := os.Open("/proc/self/environ")
	if err != nil {
		t.Fatal(err)
	}
	defer environ.Close()
	for _, path := range []string{
		"", "plain.py", "<string>", "<frozen importlib._bootstrap>", at, join("none.py"), join("binary.pyc"), join("huge.py"),
		join("fifo.py"), join("loop.py"), join("link-to-proc.py"), plain + "\x00", plain + "/", plain + "/x",
		"/dev/zero", "/dev/tty", "/proc/self/environ", "/proc/self/fd/0", "/proc/self/root" + plain, "/proc/self/cwd/source.go",
		"/" + strings.Repeat("a/", 3000),
	} {
		began := time.Now()
		got, err := Read(here(Rights{Override: true}), path)
		var known *protocol.Error
		if !errors.As(err, &known) || known.Code != protocol.ErrSourceUnreadable || got.Text != "" {
			t.Errorf("%.60q: got %+v, %v", path, got, err)
		}
		if hash := Hash(here(Rights{Override: true}), path); hash != "" && !strings.HasSuffix(path, "binary.pyc") {
			t.Errorf("%.60q has the hash %s", path, hash)
		}
		if time.Since(began) > time.Second {
			t.Errorf("%.60q took %v", path, time.Since(began))
		}
	}
}

func TestReadsWithTheRightsOfTheProcess(t *testing.T) {
	needRoot(t)
	at := folder(t)
	own := write(t, filepath.Join(at, "own.py"), "own", 0o600, owner, owner)
	group := write(t, filepath.Join(at, "group.py"), "group", 0o640, 0, owner+1)
	foreign := write(t, filepath.Join(at, "root.py"), "root", 0o600, 0, 0)
	link := filepath.Join(at, "innocent.py")
	private := filepath.Join(at, "private")
	if err := errors.Join(os.Symlink(foreign, link), os.Mkdir(private, 0o700)); err != nil {
		t.Fatal(err)
	}
	inside := write(t, filepath.Join(private, "inside.py"), "inside", 0o644, 0, 0)
	root, weakRoot := Rights{Override: true}, Rights{}
	for _, test := range []struct {
		name     string
		rights   Rights
		path     string
		readable bool
	}{
		{"her own", alice, own, true},
		{"her group's", alice, group, true},
		{"root's", alice, foreign, false},
		{"root's, by a link", alice, link, false},
		{"below root's folder", alice, inside, false},
		{"the shadow file", alice, "/etc/shadow", false},
		{"hers, by nobody", Nobody, own, false},
		{"hers, by root", root, own, true},
		{"root's, by root", root, foreign, true},
		{"hers, by a root without the capability", weakRoot, own, false},
		{"root's, by a root without the capability", weakRoot, foreign, true},
	} {
		got, err := Read(here(test.rights), test.path)
		if (err == nil) != test.readable || (got.Text != "") != test.readable {
			t.Errorf("%s: got %+v, %v; readable should be %v", test.name, got, err, test.readable)
		}
		if (Hash(here(test.rights), test.path) != "") != test.readable {
			t.Errorf("%s: the hash of what cannot be read", test.name)
		}
	}
	// The helper's own threads are what they were.
	if data, err := os.ReadFile(foreign); err != nil || string(data) != "root" {
		t.Errorf("the helper lost its rights: %v", err)
	}
}

func TestLinksStayBelowTheRoot(t *testing.T) {
	needRoot(t)
	outside := write(t, filepath.Join(folder(t), "secret.py"), "outside", 0o644, 0, 0)
	root := folder(t)
	if err := errors.Join(
		os.Mkdir(filepath.Join(root, "etc"), 0o755),
		os.Symlink(outside, filepath.Join(root, "absolute.py")),
		os.Symlink("../../../../../../../.."+outside, filepath.Join(root, "relative.py")),
		os.Symlink("/etc/hosts.py", filepath.Join(root, "within.py")),
	); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "etc/hosts.py"), "inside", 0o644, 0, 0)
	for path, want := range map[string]string{
		"/absolute.py": "", "/relative.py": "", "/../../../../.." + outside: "", outside: "",
		"/within.py": "inside", "/etc/../etc/hosts.py": "inside", "/../etc/hosts.py": "inside",
	} {
		got, err := readWithin(root, Rights{Override: true}, path)
		if string(got.data) != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", path, got.data, err, want)
		}
	}
}

func TestNoHashOfWhatWasChangedSince(t *testing.T) {
	path := write(t, filepath.Join(folder(t), "a.py"), "x", 0o644, os.Geteuid(), os.Getegid())
	origin := here(Nobody)
	for _, test := range []struct {
		name      string
		startedAt time.Time
		change    func() error
		hashed    bool
	}{
		{"written before", time.Now().Add(time.Second), func() error { return nil }, true},
		{"written after", time.Now().Add(-time.Minute), func() error { return nil }, false},
		{"written after, with an old date", time.Now().Add(-time.Minute), func() error {
			old := time.Now().Add(-time.Hour)
			return os.Chtimes(path, old, old)
		}, false},
		{"start unknown", time.Time{}, func() error { return nil }, false},
	} {
		if err := test.change(); err != nil {
			t.Fatal(err)
		}
		origin.StartedAt = test.startedAt
		if got := Hash(origin, path); (got != "") != test.hashed {
			t.Errorf("%s: hash %q", test.name, got)
		}
	}
}

func TestProcessThatHasEnded(t *testing.T) {
	path := write(t, filepath.Join(folder(t), "a.py"), "x", 0o644, os.Geteuid(), os.Getegid())
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	process, err := proc.Open(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	started, err := process.StartTime()
	if err != nil {
		t.Fatal(err)
	}
	rights, ok := RightsOf(process)
	if !ok || rights.UID != os.Geteuid() {
		t.Errorf("rights %+v, %v", rights, ok)
	}
	origin := Origin{PID: process.PID, Rights: rights, StartedAt: started}
	if _, err := Read(origin, path); err != nil {
		t.Error(err)
	}
	// Another process with this pid would have started at another time.
	origin.StartedAt = started.Add(-time.Hour)
	if _, err := Read(origin, path); err == nil {
		t.Error("read through a process that took over the pid")
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	origin.StartedAt = started
	if _, err := Read(origin, path); err == nil {
		t.Error("read through a process that has gone")
	}
	if rights, ok := RightsOf(process); ok || !reflect.DeepEqual(rights, Nobody) {
		t.Errorf("a process that has gone has the rights %+v", rights)
	}
}

func TestParseStatus(t *testing.T) {
	status := "Name:\tUid:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \nCapEff:\t000001fffeffffff\n"
	want := Rights{UID: 4, GID: 8, Groups: []int{9, 10}, Override: true}
	if got, err := parseStatus([]byte(status)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "Uid:\t1\t2\t3\nGid:\t1\t1\t1\t1\n", "Uid:\t0\t0\t0\tx\nGid:\t1\t1\t1\t1\n", "Uid:\t1\t1\t1\t-1\nGid:\t1\t1\t1\t1\n"} {
		if got, err := parseStatus([]byte(bad)); err == nil {
			t.Errorf("%q was taken for %+v", bad, got)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10\nCapEff:\t3\n"))
	f.Fuzz(func(t *testing.T, status []byte) {
		rights, err := parseStatus(status)
		if err == nil && (rights.UID < 0 || rights.GID < 0) {
			t.Errorf("%+v", rights)
		}
		if err == nil && rights.Override && !bytes.Contains(status, []byte("CapEff")) {
			t.Errorf("a capability out of nothing: %+v", rights)
		}
	})
}
