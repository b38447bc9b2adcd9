package main

import (
	"os"
	"testing"
)

// The committed twin is what the Go definition says now; with UPDATE=1 it is rewritten.
func TestGenerated(t *testing.T) {
	const twin = "../../../extension/wire/protocol.gen.ts"
	want, err := TypeScript("..")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(twin, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(twin)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is stale: run go generate ./protocol", twin)
	}
}
