package main

import (
	"fmt"
	"os"
)

// usage: gen PROTOCOL_DIRECTORY OUTPUT
func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(directory, outputPath string) error {
	text, err := TypeScript(directory)
	if err != nil {
		return err
	}
	return os.WriteFile(outputPath, text, 0o644)
}
