package cpython

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// interpreters are the Pythons of this machine, each with the version it says it is.
func interpreters(t *testing.T) map[string]string {
	t.Helper()
	patterns := []string{"/usr/bin/python3", "/usr/bin/python2.7", "/usr/local/bin/python3.[0-9]*"}
	if home, err := os.UserHomeDir(); err == nil {
		patterns = append(patterns, filepath.Join(home, ".pyenv/versions/*/bin/python"))
	}
	found := map[string]string{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			out, err := exec.Command(path, "-c", "import platform; print(platform.python_version())").Output()
			if err == nil && !strings.HasSuffix(path, "-config") {
				found[path] = strings.TrimSpace(string(out))
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("there is no Python on this machine; bootstrap installs one")
	}
	return found
}
