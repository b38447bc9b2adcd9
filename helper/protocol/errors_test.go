package protocol

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestCatalogue(t *testing.T) {
	numbers := map[int]Code{}
	for _, entry := range Catalogue() {
		if other, taken := numbers[entry.RPC]; taken {
			t.Errorf("%s and %s have the number %d", entry.Code, other, entry.RPC)
		}
		numbers[entry.RPC] = entry.Code
		if entry.Exit < 1 || entry.Exit > 4 {
			t.Errorf("%s: the contract has no exit status %d", entry.Code, entry.Exit)
		}
		if !strings.HasSuffix(entry.Next, ".") || strings.Contains(entry.Next, "\n") {
			t.Errorf("%s: the next step is not a sentence: %q", entry.Code, entry.Next)
		}
	}
}

// The document's table of errors and its list of methods are those of this package.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(text)
	for _, entry := range Catalogue() {
		if row := fmt.Sprintf("| `%s` | %d | %d |\n", entry.Code, entry.RPC, entry.Exit); !strings.Contains(document, row) {
			t.Errorf("docs/protocol.md lacks %s", row)
		}
	}
	if rows, want := strings.Count(document, "` | -3"), len(Catalogue()); rows != want {
		t.Errorf("docs/protocol.md has %d errors and the catalogue %d", rows, want)
	}
	for _, method := range []string{
		MethodDoctor, MethodListProcesses, MethodStart, MethodStop, MethodDelta, MethodAcknowledge, MethodEnded, MethodSource, MethodTextDocumentContent,
	} {
		if !strings.Contains(document, "| `"+method+"` |") {
			t.Errorf("docs/protocol.md lacks %s", method)
		}
	}
}

func TestError(t *testing.T) {
	err := error(Errorf(ErrOutput, "The output cannot be written (%w).", fs.ErrPermission))
	if want := "output: The output cannot be written (permission denied). Give --output a file that can be written."; err.Error() != want {
		t.Errorf("got %q", err.Error())
	}
	var known *Error
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &known) || known.ExitStatus() != 1 || known.RPCCode() != -33014 {
		t.Errorf("got %+v", known)
	}
}
