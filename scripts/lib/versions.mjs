/**
 * Every pinned version that no lock file holds. npm packages of the extension
 * are pinned by package-lock.json, Go modules by the go.mod files.
 */
export const vscode = {
  /** VS Code 1.139 as a server for browsers. It needs Node 24, hence the next line. */
  codeServer: "4.139.1",
  /** Node 24 from npm, so that the machine's own Node may be 20. */
  node: "24.21.0",
  /** Drives Debian's Chromium; brings no browser of its own. */
  playwrightCore: "1.65.1",
};

/** Debian packages: command that proves it is there → package. */
export const debianPackages = [
  { command: "chromium", package: "chromium" },
  { command: "sshd", package: "openssh-server" },
  { command: "ssh-keygen", package: "openssh-client" },
  { command: "sudo", package: "sudo" },
  { command: "clang-19", package: "clang-19" },
  { command: "clang-format-19", package: "clang-format-19" },
  { command: "llvm-strip-19", package: "llvm-19" },
  { file: "/usr/include/bpf/bpf_helpers.h", package: "libbpf-dev" },
  /** Without a monospaced font the screenshots are unreadable. */
  { file: "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", package: "fonts-dejavu-core" },
  { command: "gcc", package: "gcc" },
  { command: "python3", package: "python3" },
];
