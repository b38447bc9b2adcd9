package symbolize

import (
	"strings"
	"testing"
)

func TestDemangle(t *testing.T) {
	for raw, want := range map[string]string{
		"":                         "",
		"main":                     "main",
		"_PyEval_EvalFrameDefault": "_PyEval_EvalFrameDefault",
		"_start":                   "_start",
		"_Z":                       "_Z",
		"_ZN":                      "_ZN",

		"_ZN4llvm12SelectionDAG7getNodeEjRKNS_5SDLocENS_3EVTE":                             "llvm::SelectionDAG::getNode",
		"_ZNSt6vectorIiSaIiEE9push_backERKi":                                               "std::vector<int, std::allocator<int> >::push_back",
		"_ZZ4mainENKUlvE_clEv":                                                             "main::{lambda()#1}::operator()",
		"_ZN4shop4takeEi.cold":                                                             "shop::take",
		"_ZN4shop4takeEi.part.0.cold.12":                                                   "shop::take.part.0",
		"_ZN2at6native3addERKNS_6TensorE.constprop.0.isra.0":                               "at::native::add",
		"_GLOBAL__sub_I_main":                                                              "_GLOBAL__sub_I_main",
		"_ZN4core3ptr13drop_in_place17h0123456789abcdefE":                                  "core::ptr::drop_in_place",
		"_ZN4core3fmt5write17h0123456789abcdefE.llvm.123456789":                            "core::fmt::write",
		"_RNvNtCs1234_7mycrate3foo3bar":                                                    "mycrate::foo::bar",
		"_RINvNtC3std3mem8align_ofdE":                                                      "std::mem::align_of::<f64>",
		"_RNvMs_NtCs6Y2sJzZBTTu_5alloc6stringNtB4_6String4push":                            "<alloc::string::String>::push",
		"_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$Drop$GT$4dropE17h0":                 "_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$Drop$GT$4dropE17h0",
		"_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE": "<T as core::convert::Into<U>>::into",

		"list_sort.isra.0":             "list_sort",
		"list_sort.isra.0.cold":        "list_sort",
		"list_sort.part.0":             "list_sort.part.0",
		"list_sort.part.0.constprop.1": "list_sort.part.0",
		"f.lto_priv.12":                "f",
		"f.__uniq.123456":              "f",
		"nested.0":                     "nested.0",
		"a.b":                          "a.b",
		".cold":                        ".cold",
		"..":                           "..",
	} {
		if got := Demangle(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestDemangledNamesAreBounded(t *testing.T) {
	// Each substitution doubles what the one before it stands for.
	long := "_Z1fI1AIS_S_E" + strings.Repeat("S0_IS1_S1_E", 300) + "EvT_"
	deep := "_Z1f" + strings.Repeat("P", maxNameBytes)
	for _, raw := range []string{long, deep, "_Z1fI1A" + strings.Repeat("I1B", 2000)} {
		if got := Demangle(raw); len(got) > max(len(raw), 1<<demangledBytesLog2) {
			t.Errorf("%.20q became %d bytes", raw, len(got))
		}
	}
}
