/**
 * Every pinned version that no lock file holds. npm packages of the extension
 * are pinned by package-lock.json, Go modules by the go.mod files.
 */
export const vscode = {
  /** VS Code 1.139 as a server for browsers. It needs Node 24, hence the next line. */
  codeServer: "4.139.1",
  /** Node 24 from npm, so that the machine's own Node may be 20. */
  node: "24.21.0",
};

/**
 * Debian packages by what they are for: the command or file that proves that one is
 * there, and its name. "vscode" compiles, "host" is profiled, "browser" drives VS Code
 * by itself, "tools" make and check what is generated, "emulator" boots other kernels,
 * "fuzz" feeds C with garbage.
 */
export const debianPackages = {
  vscode: [
    { command: "g++", package: "g++" },
    { command: "make", package: "make" },
    { command: "python3", package: "python3" },
  ],
  host: [
    { command: "sshd", package: "openssh-server" },
    { command: "ssh-keygen", package: "openssh-client" },
    { command: "sudo", package: "sudo" },
    { command: "python3", package: "python3" },
  ],
  browser: [
    { command: "chromium", package: "chromium" },
    /** Without a monospaced font the screenshots are unreadable. */
    { file: "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", package: "fonts-dejavu-core" },
  ],
  tools: [
    { command: "clang-19", package: "clang-19" },
    { command: "clang-format-19", package: "clang-format-19" },
    { command: "llvm-strip-19", package: "llvm-19" },
    { file: "/usr/include/bpf/bpf_helpers.h", package: "libbpf-dev" },
    { command: "gcc", package: "gcc" },
    /** What walks by tables of helper/internal/unwind are held against. */
    { command: "gdb", package: "gdb" },
    /** Another profiler, to compare with. */
    { command: "perf", package: "linux-perf" },
  ],
  emulator: [
    { command: "qemu-system-x86_64", package: "qemu-system-x86" },
    { command: "cpio", package: "cpio" },
  ],
  fuzz: [
    { command: "clang-19", package: "clang-19" },
    {
      file: "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-x86_64.a",
      package: "libclang-rt-19-dev",
    },
  ],
};
