// Command emberline-helper samples Python programs on the machine it runs on.
package main

import (
	"os"

	"emberline/helper/internal/cli"
)

// version is set by the linker (scripts/lib/buildHelper.mjs).
var version = "0.0.0-dev"

func main() {
	os.Exit(cli.Main(os.Args[1:], version, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
