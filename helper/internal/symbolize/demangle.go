package symbolize

import (
	"slices"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

const (
	// maxNameBytes bounds a mangled name. C++ templates make names of some
	// thousand bytes; a longer one is cut and stays as it is.
	maxNameBytes = 8 << 10
	// demangledBytesLog2 bounds what a name may become, to 4 KiB: substitutions
	// let a short mangled name stand for a very long one.
	demangledBytesLog2 = 12
)

// renamed are the endings that GCC and LLVM give to a function when they change,
// copy or split it: what is before is what the source calls it. ".part.N" stays:
// the function calls that part, so without it a stack would show a recursion.
var renamed = []string{
	"cold", "isra", "constprop", "lto_priv", "localalias", "llvm", "warm", "hot", "unlikely", "__uniq",
}

// Demangle is what the source calls a symbol: C++ with namespaces and template
// arguments, but without the parameters and the return type, which make most
// names too long to read and which the place of a frame makes unnecessary; Rust
// without the hash. Endings of compilers are dropped, except for ".part.N".
// What is not mangled stays as it is.
func Demangle(raw string) string {
	name, parts := sourceName(raw)
	if strings.HasPrefix(name, "_") {
		name = demangle.Filter(name, demangle.NoParams, demangle.MaxLength(demangledBytesLog2))
	}
	return name + parts
}

// sourceName drops the endings in renamed, with the number that may follow each
// (GCC's clone_function_name), and sets the ones of parts apart. It goes from the
// end, because old Rust names have dots in them.
func sourceName(raw string) (name, parts string) {
	for name = raw; ; {
		before, word, number := lastEnding(name)
		switch {
		case before == "":
			return name, parts
		case word == "part":
			parts = "." + word + number + parts
		case !slices.Contains(renamed, word):
			return name, parts
		}
		name = before
	}
}

// lastEnding splits "BEFORE.word" or "BEFORE.word.12"; all are empty where there
// is no such ending. A number keeps its dot.
func lastEnding(name string) (before, word, number string) {
	rest := strings.TrimRight(name, "0123456789")
	switch {
	case rest == name:
	case !strings.HasSuffix(rest, "."):
		return "", "", ""
	default:
		rest = strings.TrimSuffix(rest, ".")
		number = name[len(rest):]
	}
	dot := strings.LastIndexByte(rest, '.')
	if dot <= 0 {
		return "", "", ""
	}
	return rest[:dot], rest[dot+1:], number
}

// isPartOf tells whether a symbol is a function or what a compiler made of it.
func isPartOf(raw, name string) bool {
	rest, ok := strings.CutPrefix(raw, name)
	return ok && (rest == "" || rest[0] == '.')
}

// withoutVersion drops "@VERSION" and "@@VERSION", which linkers put into .symtab.
func withoutVersion(raw string) string {
	if at := strings.IndexByte(raw, '@'); at > 0 {
		return raw[:at]
	}
	return raw
}
