package symbolize

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const hidden = `
	__attribute__((noinline)) static int hidden(int n) { return n * 5 + 1; }
	__attribute__((noinline)) int exported(int n) { return hidden(n) - 2; }
	int (*pointer)(int) = hidden;`

// split is a library without symbols, its debug file, and where its static function lies.
type split struct {
	library, debug, id string
	hidden             uint64
}

func splitLibrary(t testing.TB, flags ...string) split {
	t.Helper()
	full := compiled(t, "hidden.c", hidden, append(flags, "-O1", "-g", "-shared", "-fPIC")...)
	symbols := load(t, full, full, nil)
	start, _, ok := symbols.FunctionStart("hidden")
	if !ok {
		t.Fatal("the library has no static function")
	}
	s := split{library: full + ".so", debug: full + ".debug", id: symbols.BuildID(), hidden: start}
	tool(t, "objcopy", "--only-keep-debug", full, s.debug)
	tool(t, "objcopy", "--strip-all", "--add-gnu-debuglink="+s.debug, full, s.library)
	return s
}

// place copies a file to a path of a file system that is a folder.
func place(t testing.TB, folder, path, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, path), string(data))
}

func TestDebugFilesOfALibrary(t *testing.T) {
	identified, plain := splitLibrary(t, "-Wl,--build-id=sha1"), splitLibrary(t, "-Wl,--build-id=none")
	if len(identified.id) != 40 || plain.id != "" {
		t.Fatalf("build ids are %q and %q", identified.id, plain.id)
	}
	changed := plain.debug + ".changed"
	data, err := os.ReadFile(plain.debug)
	if err != nil {
		t.Fatal(err)
	}
	write(t, changed, string(data)+"\x00")
	byID := debugRoot + "/.build-id/" + identified.id[:2] + "/" + identified.id[2:] + ".debug"
	const folder = "/opt/lib/"
	for _, test := range []struct {
		name, at, debug string
		library         split
		isNamed         bool
	}{
		{"by build id", byID, identified.debug, identified, true},
		{"by build id, another's", byID, plain.debug, identified, false},
		{"beside it", folder + "made.debug", identified.debug, identified, true},
		{"beside it, another's", folder + "made.debug", plain.debug, identified, false},
		{"beside it, no build id", folder + "made.debug", plain.debug, plain, true},
		{"beside it, changed", folder + "made.debug", changed, plain, false},
		{"in .debug", folder + ".debug/made.debug", plain.debug, plain, true},
		{"in its image", debugRoot + folder + "made.debug", plain.debug, plain, true},
		{"elsewhere", "/made.debug", plain.debug, plain, false},
		{"no ELF file", folder + "made.debug", os.Args[0] + "/../../nothing", plain, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			if strings.HasSuffix(test.debug, "nothing") {
				write(t, filepath.Join(root, test.at), "nothing")
			} else {
				place(t, root, test.at, test.debug)
			}
			symbols := load(t, test.library.library, folder+"made.so", rootAt(t, root))
			got, ok := symbols.Find(test.library.hidden)
			if ok != test.isNamed || ok && got.Name != "hidden" {
				t.Errorf("got %+v %v", got, ok)
			}
			start, _, ok := symbols.FunctionStart("exported")
			if got, _ := symbols.Find(start); !ok || got.Name != "exported" {
				t.Errorf("the export is %+v", got)
			}
		})
	}
}

// packed is a library whose static functions are in .gnu_debugdata.
func packed(t testing.TB, compression ...string) split {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("this machine has no xz")
	}
	s := splitLibrary(t)
	mini := s.debug + ".mini"
	tool(t, "objcopy", "-S", "--keep-symbol=hidden", "--remove-section=.comment", s.debug, mini)
	write(t, mini+".xz", tool(t, "xz", append(compression, "--stdout", mini)...))
	tool(t, "objcopy", "--add-section=.gnu_debugdata="+mini+".xz", s.library)
	return s
}

func TestMiniDebugInfo(t *testing.T) {
	for _, flags := range [][]string{{}, {"-9"}, {"--check=crc32"}, {"--check=sha256"}, {"--check=none"}, {"--block-size=4096"}} {
		s := packed(t, flags...)
		symbols := load(t, s.library, "", nil)
		if got, ok := symbols.Find(s.hidden); !ok || got.Name != "hidden" || got.Start != s.hidden {
			t.Errorf("%v: got %+v %v", flags, got, ok)
		}
		start, _, ok := symbols.FunctionStart("exported")
		if got, _ := symbols.Find(start); !ok || got.Name != "exported" {
			t.Errorf("%v: the export is %+v", flags, got)
		}
		if symbols.held == 0 || symbols.Bytes() > 4096 {
			t.Errorf("%v: it holds %d bytes, %d of names", flags, symbols.Bytes(), symbols.held)
		}
	}
}

func TestUnpackingIsBounded(t *testing.T) {
	// Printed by xz: 33 MiB of zeros in some kilobytes.
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("this machine has no xz")
	}
	zeros := filepath.Join(t.TempDir(), "zeros")
	write(t, zeros, "")
	if err := os.Truncate(zeros, maxMini+1); err != nil {
		t.Fatal(err)
	}
	if _, err := unpackXZ(strings.NewReader(tool(t, "xz", "-0", "--stdout", zeros))); err == nil {
		t.Error("more was unpacked than is allowed")
	}
	// A header that asks for a dictionary of 4 GiB (property 40), and no data.
	greedy, err := hex.DecodeString("fd377a585a000000ff12d941" + "0200210128000000" + "00000000")
	if err != nil {
		t.Fatal(err)
	}
	dictionary, _, err := blockHeader(strings.NewReader(string(greedy[12:])))
	if err != nil || dictionary != maxMini {
		t.Errorf("a dictionary of %d bytes, %v", dictionary, err)
	}
}

func TestRoot(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret"), "secret")
	write(t, filepath.Join(folder, "etc/file"), "inside")
	for link, target := range map[string]string{
		"absolute": "/etc/file", "up": "../../../../etc/file", "out": filepath.Join(outside, "secret"), "loop": "loop",
		"magic": "/proc/self/exe",
	} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	tool(t, "mkfifo", filepath.Join(folder, "fifo"))
	if err := os.Truncate(filepath.Join(folder, "etc/file"), 6); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "huge"), "")
	if err := os.Truncate(filepath.Join(folder, "huge"), maxDebugFile+1); err != nil {
		t.Fatal(err)
	}
	root := rootAt(t, folder)
	for path, isOpened := range map[string]bool{
		"/etc/file": true, "/absolute": true, "/up": true, "/../etc/file": true,
		"etc/file": false, "/out": false, "/loop": false, "/magic": false, "/fifo": false, "/etc": false, "/huge": false, "": false, "/no": false,
	} {
		file, err := root.Open(path)
		if (err == nil) != isOpened {
			t.Errorf("%q: %v", path, err)
		}
		if err == nil {
			text := make([]byte, 6)
			if n, _ := file.ReadAt(text, 0); string(text[:n]) != "inside" {
				t.Errorf("%q: read %q", path, text[:n])
			}
			file.Close()
		}
	}
	own, err := OpenRoot(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	for path, isOpened := range map[string]bool{os.Args[0]: true, "/proc/self/maps": false, "/proc/self/exe": false, "/dev/zero": false} {
		file, err := own.Open(path)
		if (err == nil) != isOpened {
			t.Errorf("%q: %v", path, err)
		}
		if err == nil {
			file.Close()
		}
	}
	if _, err := OpenRoot(1 << 30); !os.IsNotExist(err) {
		t.Errorf("no process: %v", err)
	}
}
