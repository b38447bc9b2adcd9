package cpython

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
)

// versionText is PY_VERSION. The linker may merge it into the tail of a longer
// string, so it is the end of one that counts.
var versionText = regexp.MustCompile(`(?:^|[^\d.])(\d)\.(\d{1,2})\.(\d{1,2})(?:(a|b|rc)(\d{1,2}))?\+?$`)

// maxVersionText is the longest string in whose tail the version is looked for.
const maxVersionText = 256

var fileVersion = regexp.MustCompile(`python(\d)\.(\d+)`)

// versionFromText finds the version of interpreters before 3.11, which carry
// it only as text; zero when that is not unique. The file's name picks the
// minor version where it has one, since other version numbers (of zlib, say)
// look alike.
func versionFromText(rodata []byte, mappedPath string) Version {
	wanted := fileVersion.FindStringSubmatch(path.Base(mappedPath))
	var found Version
	for text := range bytes.SplitSeq(rodata, []byte{0}) {
		// A cheap look first: most of .rodata is no text at all.
		if len(text) == 0 || len(text) > maxVersionText {
			continue
		}
		match := versionText.FindSubmatch(text)
		if match == nil {
			continue
		}
		version := Version{Major: number(match[1]), Minor: number(match[2]), Micro: number(match[3]), Level: 0xF}
		if len(match[4]) > 0 {
			version.Level, version.Serial = levelOf[string(match[4])], number(match[5])
		}
		if wanted != nil && (strconv.Itoa(version.Major) != wanted[1] || strconv.Itoa(version.Minor) != wanted[2]) {
			continue
		}
		if wanted == nil && !(version.Major == 2 && version.Minor == 7 || version.Major == 3 && version.Minor >= 6 && version.Minor <= 10) {
			continue
		}
		if !found.IsZero() && found != version {
			return Version{}
		}
		found = version
	}
	return found
}

var levelOf = map[string]int{"a": 0xA, "b": 0xB, "rc": 0xC}

func number(digits []byte) int {
	n, _ := strconv.Atoi(string(digits))
	return n
}
