package symbolize

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

const kallsyms = `ffffffff81000000 T _stext
ffffffff81000100 t do_one_initcall
ffffffff81000200 T __memcpy
ffffffff81000200 T memcpy
ffffffff81000200 W __pi_memcpy
ffffffff810002f0 t __pfx_vfs_read
ffffffff81000300 T vfs_read
ffffffff81000350 D jiffies
ffffffff81000360 r __param_debug
not a symbol
ffffffff81000370 TT double
zzzz T bad_address
ffffffffc0200000 t nft_do_chain	[nf_tables]
ffffffffc0100000 t late.isra.0	[other]
`

func fake(text string, err error) *Kernel {
	return &Kernel{open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), err }}
}

func TestKernelNames(t *testing.T) {
	kernel := fake(kallsyms, nil)
	for address, want := range map[uint64]string{
		0:                  UnknownKernel,
		0xffffffff80ffffff: UnknownKernel,
		0xffffffff81000000: "_stext",
		0xffffffff8100017f: "do_one_initcall",
		0xffffffff81000200: "memcpy",
		0xffffffff810002ff: "memcpy",
		0xffffffff81000300: "vfs_read",
		0xffffffff81000355: "vfs_read",
		0xffffffff8101ffff: UnknownKernel,
		0xffffffffc0100001: "late.isra.0",
		0xffffffffc0200010: "nft_do_chain",
		0xffffffffffffffff: UnknownKernel,
	} {
		if got := kernel.Name(address); got != want {
			t.Errorf("%#x: got %q, want %q", address, got, want)
		}
	}
}

func TestHiddenSymbolsAreNotPretended(t *testing.T) {
	hidden := strings.NewReplacer("ffffffff81", "0000000000", "ffffffffc0", "0000000000").Replace("ffffffff81000000 T _stext\nffffffffc0000000 t a\t[b]\n")
	for name, kernel := range map[string]*Kernel{
		"hidden": fake(hidden, nil), "unreadable": fake("", errors.New("no")), "empty": fake("", nil),
	} {
		if got := kernel.Name(0xffffffff81000100); got != UnknownKernel {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// The running kernel's own list is the truth here: each name found at its own address.
func TestRunningKernel(t *testing.T) {
	text, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		t.Fatal(err)
	}
	table := readKallsyms(strings.NewReader(string(text)))
	if len(table.symbols) == 0 {
		if strings.Contains(string(text), "\nffff") {
			t.Fatal("addresses are visible and none was taken")
		}
		t.Skip("this kernel hides its addresses from this user")
	}
	kernel := NewKernel()
	for i := 0; i < len(table.symbols); i += 997 {
		if got, want := kernel.Name(table.symbols[i].address), string(table.nameOf(table.symbols[i])); got != want {
			t.Errorf("%#x: got %q, want %q", table.symbols[i].address, got, want)
		}
	}
}

func FuzzReadKallsyms(f *testing.F) {
	f.Add([]byte(kallsyms), uint64(0xffffffff81000200))
	f.Add([]byte("1 T a\n1 t _a"), uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, address uint64) {
		table := readKallsyms(strings.NewReader(string(text)))
		for i := 1; i < len(table.symbols); i++ {
			if table.symbols[i-1].address >= table.symbols[i].address {
				t.Fatal("not sorted")
			}
		}
		if table.name(address) == "" {
			t.Error("an empty name")
		}
	})
}

func BenchmarkReadKallsyms(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		file, err := os.Open("/proc/kallsyms")
		if err != nil {
			b.Fatal(err)
		}
		readKallsyms(file)
		file.Close()
	}
}
