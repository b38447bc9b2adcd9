package cpython

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// No free-threaded 3.14 or 3.15 can be had as a program. What their debug offsets
// hold is measured on their headers (scripts/lib/freeThreaded.mjs).
func TestFreeThreadedOffsetsAreThoseOfTheHeaders(t *testing.T) {
	data, err := os.ReadFile("testdata/freethreaded.json")
	if err != nil {
		t.Fatal(err)
	}
	var builds map[string]map[string]any
	if err := json.Unmarshal(data, &builds); err != nil {
		t.Fatal(err)
	}
	if len(builds) != 2 {
		t.Fatalf("%d builds", len(builds))
	}
	for minor, measured := range builds {
		t.Run(minor+"t", func(t *testing.T) {
			debug, err := hex.DecodeString(measured["debugOffsets"].(string))
			if err != nil {
				t.Fatal(err)
			}
			if debug[debugFreeThreaded] != 1 {
				t.Fatal("measured on a build with a GIL")
			}
			version := VersionFromHex(uint64(measured["version"].(float64)))
			offsets, err := OffsetsOf(version, true, debug)
			if err != nil {
				t.Fatal(err)
			}
			fields := reflect.ValueOf(offsets)
			compared := 0
			for name, wanted := range measured {
				if field := fields.FieldByName(name); field.IsValid() {
					compared++
					if field.Int() != int64(wanted.(float64)) {
						t.Errorf("%s is %d, not %v", name, field.Int(), wanted)
					}
				}
			}
			if compared < 25 {
				t.Errorf("only %d members compared", compared)
			}
			if kind := 1 << offsets.UnicodeKindShift; kind != int(measured["kindOne"].(float64)) {
				t.Errorf("kind 1 is %#x, not %#x", kind, int(measured["kindOne"].(float64)))
			}
			if offsets.FrameCodeTagMask != 3 {
				t.Errorf("tag mask %d", offsets.FrameCodeTagMask)
			}
		})
	}
}

// The releases before 3.7.4 keep the thread key 88 bytes lower (headers of v3.7.3).
func TestFirstReleasesOf37HaveAShorterRuntime(t *testing.T) {
	for _, c := range []struct{ micro, key int }{{0, 1416}, {3, 1416}, {4, 1504}, {17, 1504}} {
		offsets, err := OffsetsOf(Version{Major: 3, Minor: 7, Micro: c.micro, Level: 0xF}, false, nil)
		if err != nil || offsets.RuntimeTSSKey != c.key {
			t.Errorf("3.7.%d: %d, %v; want %d", c.micro, offsets.RuntimeTSSKey, err, c.key)
		}
	}
}
