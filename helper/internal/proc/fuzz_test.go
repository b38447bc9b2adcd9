package proc

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzParseMaps(f *testing.F) {
	f.Add([]byte("55d0c0a00000-55d0c0a2c000 r-xp 00001000 08:01 1234     /usr/bin/my prog (v2)\n7f00-8f00 rw-p 00000000 00:00 0 \n"))
	f.Add([]byte("9f00-9f10 r--p 00000000 fe:01 77   /tmp/a\\012b (deleted)\nnonsense\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		mappings := parseMaps(data)
		if len(mappings) > bytes.Count(data, []byte{'\n'})+1 {
			t.Errorf("%d mappings of %q", len(mappings), data)
		}
		for _, mapping := range mappings {
			if mapping.End < mapping.Start || len(mapping.Path) > len(data) {
				t.Errorf("%+v of %q", mapping, data)
			}
		}
	})
}

// stat of proc(5) with a name that looks like fields.
const hostileStat = "42 (a) R 1) S 1 42 42 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 98765 1000 1 18446744073709551615 " +
	"1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(hostileStat))
	f.Add([]byte("1 () Z 0"))
	f.Add([]byte("1 (a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := startTicks(string(data)); err == nil && bytes.IndexByte(data, ')') < 0 {
			t.Errorf("%q has no name", data)
		}
		if state, err := parseTaskState(data); err == nil && !bytes.Contains(data, state.Comm) {
			t.Errorf("%q is not in %q", state.Comm, data)
		}
	})
}

func FuzzParseSched(f *testing.F) {
	f.Add([]byte("python (1, #threads: 1)\n---\nse.exec_start                    :     123456.789012\n"))
	f.Add([]byte("\nse.exec_start:1.5"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseLastRan(data); err == nil && !bytes.Contains(data, []byte("se.exec_start")) {
			t.Errorf("%q does not tell it", data)
		}
	})
}

func FuzzParseContainer(f *testing.F) {
	f.Add("0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n")
	f.Add("0::/lxc.payload.web1/system.slice/cron.service\n")
	f.Fuzz(func(t *testing.T, cgroup string) {
		if name := parseContainer(cgroup); !strings.Contains(cgroup, name) {
			t.Errorf("%q is not in %q", name, cgroup)
		}
	})
}
